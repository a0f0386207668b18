"""Somebody writes to the database without the keys: what they touched shows as not verified, the rest stays readable."""

from hashlib import sha256

import pytest

from securemsg.desk import lists, people
from securemsg.errors import Unverified
from securemsg.store.ids import new_id
from tests.clinic import CARD
from tests.desk.hand import Hand, flipped
from tests.people import shown

SAID = ["one", "two", "three", "four", "five"]

# What is done, and the numbers that must then show as not verified. Message 3 is in the middle, 5 is the newest.
DEEDS = {
    "a bit is flipped in the text": (lambda h: h.sets(3, sealed=flipped(h.sealed(3))), {3}),
    "a bit is flipped, and the hash beside it made to fit": (lambda h: h.sets(
        3, sealed=flipped(h.sealed(3)), ct_sha256=sha256(flipped(h.sealed(3))).digest()), {3}),
    "a bit is flipped in the header": (lambda h: h.sets(3, sealed=flipped(h.sealed(3), 0)), {3}),
    "a bit is flipped in the key version": (lambda h: h.sets(3, sealed=flipped(h.sealed(3), 5)), {3}),
    "the text is cut": (lambda h: h.sets(3, sealed=h.sealed(3)[:-1]), {3}),
    "the text is cut to nothing": (lambda h: h.sets(3, sealed=b""), {3}),
    "the text is taken away": (lambda h: h.sets(3, sealed=None), {3}),
    "the text gets longer": (lambda h: h.sets(3, sealed=h.sealed(3) + b"\0"), {3}),
    "the texts of two messages are swapped": (lambda h: h.swaps(2, 3, "sealed"), {2, 3}),
    "two texts are swapped with their hashes": (lambda h: h.swaps(2, 3, "sealed", "ct_sha256"), {2, 3}),
    "two texts are swapped with hashes and heads": (lambda h: h.swaps(2, 3, "sealed", "ct_sha256", "head"), {2, 3}),
    "two messages change places": (lambda h: h.swaps_places(2, 4), {2, 4}),
    "neighbours change places": (lambda h: h.swaps_places(3, 4), {3, 4}),
    "the newest is put first": (lambda h: h.swaps_places(1, 5), {1, 5}),
    "one is numbered far away": (lambda h: h.sets(3, seq=1_000_000_000), {3}),
    "one from the middle is deleted": (lambda h: h.deletes(3), {3, 4}),  # that 4 came after 3 can no longer be shown
    "the first is deleted": (lambda h: h.deletes(1), {1, 2}),
    "the newest is deleted": (lambda h: h.deletes(5), {5}),
    "the newest is deleted and not counted any more": (lambda h: (h.deletes(5), h.sets_conversation(last_seq=4)), {5}),
    "the newest is deleted and not counted in the head either": (
        lambda h: (h.deletes(5), h.sets_conversation(last_seq=4, head=h.head(4))), {5}),
    "all but one are deleted": (lambda h: [h.deletes(seq) for seq in (2, 3, 4, 5)], {2, 3, 4, 5}),
    "all are deleted": (lambda h: [h.deletes(seq) for seq in (1, 2, 3, 4, 5)], {1, 2, 3, 4, 5}),
    "the newest is said a second time": (lambda h: h.copies(5, 6), {6, 7}),
    "an old one is said again": (lambda h: h.copies(2, 6), {6, 7}),
    "a visitor's word becomes a staff member's": (lambda h: h.sets(3, author_kind="staff"), {3}),
    "a staff member's word becomes another's": (lambda h: h.sets(2, author_id=new_id()), {2}),
    "the time is altered": (lambda h: h.sets(3, received_at=1), {3}),
    "the kind is altered": (lambda h: h.sets(3, kind="system.closed"), {3}),
    "the hash is altered": (lambda h: h.sets(3, ct_sha256=flipped(h.rows[2].ct_sha256)), {3}),
    "a head is altered": (lambda h: h.sets(3, head=flipped(h.head(3))), {3}),
    "the newest head is altered": (lambda h: h.sets(5, head=flipped(h.head(5))), {5}),
    "the conversation's head is altered": (lambda h: h.sets_conversation(head=flipped(h.head(5))), {6}),
    "the conversation's head is set back": (lambda h: h.sets_conversation(head=h.head(3)), {6}),
}


def five_said(clinic, staff):
    visitor = clinic.visitor()
    for number, text in enumerate(SAID):
        visitor.says(text) if number % 2 == 0 else staff.replies(text, to=visitor)
    return visitor


def test_each_deed_is_noticed_and_the_rest_stays_readable(clinic, staff):
    for deed, (does, touched) in DEEDS.items():
        visitor = five_said(clinic, staff)
        does(Hand(clinic, visitor.conversation))
        left = 4 if "not counted" in deed else 5
        for found in (staff.opens(visitor).messages, visitor.messages()):
            assert {message.seq for message in found if not message.verified} == touched, deed
            assert [message.seq for message in found] == list(range(1, max(left, *touched, 0) + 1)), deed
            readable = [None if seq in touched else SAID[seq - 1] for seq in range(1, left + 1)]
            assert [shown(message) for message in found[:left]] == readable, deed
        assert clinic.rows("audit", action="message.unverified", object_id=visitor.conversation, outcome="failed"), deed


def test_untouched_rows_are_all_verified_and_nothing_is_reported(clinic, staff):
    visitor = five_said(clinic, staff)
    assert visitor.reads() == staff.reads(visitor) == SAID
    assert visitor.reads(after=2) == SAID[2:]
    assert not clinic.rows("audit", action="message.unverified")


def test_a_finding_is_reported_once_and_another_one_again(clinic, staff):
    visitor = five_said(clinic, staff)
    Hand(clinic, visitor.conversation).sets(3, sealed=b"")
    for _ in range(3):
        visitor.reads()
    (row,) = clinic.rows("audit", action="message.unverified")
    assert row.objects == f'[["message","{clinic.rows("messages")[2].id}"]]'
    Hand(clinic, visitor.conversation).sets(4, sealed=b"")
    visitor.reads()
    assert len(clinic.rows("audit", action="message.unverified")) == 2


def test_a_message_moved_to_another_conversation_opens_in_neither(clinic, staff):
    mine, theirs = five_said(clinic, staff), five_said(clinic, staff)
    Hand(clinic, theirs.conversation).deletes(5)
    Hand(clinic, mine.conversation).sets(5, conversation_id=theirs.conversation)
    assert mine.reads() == theirs.reads() == [*SAID[:4], None]


def test_with_swapped_keys_neither_conversation_opens_and_a_third_does(clinic, staff):
    one, other, third = (five_said(clinic, staff) for _ in range(3))
    keys = {row.conversation_id: row.wrapped for row in clinic.rows("conversation_keys")}
    for visitor, wrapped in ((one, keys[other.conversation]), (other, keys[one.conversation])):
        clinic.sql("UPDATE conversation_keys SET wrapped = :w WHERE conversation_id = :id", w=wrapped, id=visitor.conversation)
    assert one.reads() == other.reads() == staff.reads(one) == [None] * 5
    assert third.reads() == staff.reads(third) == SAID


def test_an_altered_key_opens_nothing_and_raises_nothing(clinic, staff):
    visitor = five_said(clinic, staff)
    staff.notes("A note.", to=visitor)
    for wrapped in (b"", b"\1\2", flipped(clinic.rows("conversation_keys")[0].wrapped)):
        clinic.sql("UPDATE conversation_keys SET wrapped = :wrapped", wrapped=wrapped)
        opened = staff.opens(visitor)
        assert [message.verified for message in opened.messages] == [False] * 5 and opened.notes[0].text is None
        assert visitor.reads() == [None] * 5


def test_altered_notes_name_and_contact_say_so_and_the_rest_stays(clinic, staff):
    visitor = clinic.visitor()
    visitor.opens("Hello?", name="Lena Okafor", contact=("phone", "+1 555 0100"))
    staff.notes("first")
    staff.notes("second")
    note, contact = clinic.rows("notes")[0], clinic.rows("contacts")[0]
    for text, sealed in (("of another note", clinic.rows("notes")[1].sealed), ("flipped", flipped(note.sealed)), ("none", b"")):
        clinic.sql("UPDATE notes SET sealed = :sealed WHERE id = :id", sealed=sealed, id=note.id)
        assert [note.text for note in staff.opens(visitor).notes] == [None, "second"], text
    clinic.sql("UPDATE conversations SET name = :sealed", sealed=contact.sealed)
    clinic.sql("UPDATE contacts SET sealed = :sealed", sealed=flipped(contact.sealed))
    opened = staff.opens(visitor)
    assert (opened.name, opened.contact) == ("Could not be verified", ("phone", "Could not be verified"))
    assert visitor.reads() == ["Hello?"]


ALTERED_CONSENT = {
    "the words": "UPDATE wordings SET body = 'We sell what you write.'",
    "the words with their hash": "UPDATE wordings SET body = 'We sell what you write.', body_sha256 = :sha256",
    "the words with both hashes": ("UPDATE wordings SET body = 'We sell what you write.', body_sha256 = :sha256",
                                   "UPDATE consents SET text_sha256 = :sha256"),
    "which words": "UPDATE consents SET wording_id = (SELECT id FROM wordings WHERE version = 2)",
    "that there was one": "DELETE FROM consents",
    "who vouches for it": "UPDATE messages SET sealed = NULL",
}


@pytest.mark.parametrize("deed", ALTERED_CONSENT)
def test_a_consent_that_was_altered_is_not_shown_as_what_was_agreed_to(clinic, staff, deed):
    visitor = clinic.visitor()
    visitor.opens("Hello?")
    assert (staff.opens(visitor).consent.text, staff.opens(visitor).consent.version) == (CARD.consent, 1)
    clinic.saves(consent="A second notice.")
    assert staff.opens(visitor).consent.text == CARD.consent, "what was agreed to, not what is asked now"
    done, sha = ALTERED_CONSENT[deed], sha256(b"We sell what you write.").digest()
    for statement in done if isinstance(done, tuple) else (done,):
        clinic.sql(statement, **{"sha256": sha} if ":sha256" in statement else {})
    assert staff.opens(visitor).consent.text == "Could not be verified"


def test_a_person_whose_name_was_altered_has_no_name_and_no_rights(clinic, staff):
    colleague, other = clinic.hires("Bo Li"), clinic.rows("people")[0]
    for name in (other.name, b""):
        clinic.sql("UPDATE people SET name = :name WHERE id = :id", name=name, id=colleague.person.id)
        clinic.desk.known_people.clear()
        found = people.everyone(clinic.desk, clinic.home.id)
        assert (found[colleague.person.id].name, found[colleague.person.id].roles) == ("Could not be verified", frozenset())
        assert found[staff.person.id].name == "Ana Ruiz"


def test_lists_open_nothing_so_an_altered_row_cannot_stop_them(clinic, staff):
    visitor = five_said(clinic, staff)
    clinic.sql("UPDATE conversation_keys SET wrapped = :none", none=b"")
    clinic.sql("UPDATE conversations SET name = :none", none=b"x")
    assert staff.inbox() == [visitor.conversation] and lists.counts(clinic.desk, staff.who) == (1, 0, 1)


def test_after_an_alteration_the_talk_goes_on(clinic, staff):
    visitor = five_said(clinic, staff)
    Hand(clinic, visitor.conversation).sets(5, sealed=b"")
    visitor.says("six")
    staff.replies("seven", to=visitor)
    assert visitor.reads() == [*SAID[:4], None, "six", "seven"]


@pytest.mark.parametrize("act", ["says", "closes", "replies", "notes", "claims", "flags and closes"])
def test_nobody_makes_a_conversation_whole_again_by_writing_on(clinic, visitor, staff, act):
    """Its end was cut off: who wrote behind it would sign what is left."""
    visitor.says("first")
    visitor.says("second: chest pain")
    first = clinic.rows("messages", seq=1)[0]
    clinic.sql("DELETE FROM messages WHERE seq = 2")
    clinic.sql("UPDATE conversations SET last_seq = 1, head = :head", head=first.head)
    how = {"says": lambda: visitor.says("third"), "closes": visitor.closes, "replies": lambda: staff.replies("Yes."),
           "notes": lambda: staff.notes("n"), "claims": staff.claims, "flags and closes": lambda: (staff.flags(), staff.closes())}
    with pytest.raises(Unverified):
        how[act]()
    assert visitor.reads() == ["first", None], "it stays seen"
    assert [row.seq for row in clinic.rows("messages")] == [1] and not clinic.rows("notes")
    other = clinic.visitor()
    other.says("I start anew.")
    assert other.reads() == ["I start anew."]
