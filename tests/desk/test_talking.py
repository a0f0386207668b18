"""The main job: a visitor writes, staff answer, each reads the other."""

import hashlib

import pytest

from securemsg.desk import lists, openings, people, visits
from securemsg.desk import visitor as visitor_desk
from securemsg.errors import Refused, Unknown
from securemsg.live import Signal
from securemsg.times import DAY
from tests.clinic import CARD
from tests.people import questions


def test_a_visitor_asks_and_staff_answer(visitor, staff):
    visitor.says("Is the flu jab free?")
    staff.replies("Yes, for everybody over 60.")
    visitor.says("Thank you!")
    words = ["Is the flu jab free?", "Yes, for everybody over 60.", "Thank you!"]
    assert visitor.reads() == words
    assert staff.reads() == words


def test_every_character_comes_back_as_it_was_sent(visitor, staff):
    words = ["  spaces \n and\tlines\r\n", "Ünïcödé ٱلْعَرَبِيَّة 漢字 🩺", "<b>&amp;</b> '; DROP TABLE messages; --", "x" * 8000]
    for text in words:
        visitor.says(text)
    assert visitor.reads() == staff.reads() == words


def test_what_people_write_comes_back_as_they_wrote_it(clinic, visitor, staff):
    asked = questions()
    assert len(asked) >= 42
    for question in asked:
        visitor.says(question)
    assert visitor.reads() == staff.reads() == asked


def test_the_visitor_sees_who_answered(clinic, visitor):
    ana = clinic.hires("Ana Ruiz", "Nurse")
    visitor.says("Hello?")
    ana.claims()
    ana.replies("Good morning.")
    claimed, reply = visitor.messages(after=1)
    assert claimed.data == {"name": "Ana Ruiz", "role": "Nurse"}
    author = people.everyone(clinic.desk, clinic.home.id)[reply.author_id]
    assert (author.name, author.title) == ("Ana Ruiz", "Nurse")


def test_a_visitor_reads_on_from_where_they_were(visitor, staff):
    for text in ("one", "two", "three"):
        visitor.says(text)
    assert visitor.reads(after=2) == ["three"]
    assert visitor.reads(after=3) == []
    assert [message.seq for message in visitor.messages()] == [1, 2, 3]


def test_a_long_conversation_comes_in_pages(visitor, staff):
    texts = [f"message {number}" for number in range(1, 231)]
    for text in texts:
        visitor.says(text)
    assert visitor.reads() == texts[:200]
    assert visitor.reads(after=200) == texts[200:]
    assert staff.reads() == texts[-200:], "the earlier ones stand behind a link"


def test_name_and_contact_reach_staff(visitor, staff):
    visitor.opens("Please call me.", name="Lena Okafor", contact=("email", "Lena@example.org"), category="appointment")
    opened = staff.opens(visitor)
    assert (opened.name, opened.contact) == ("Lena Okafor", ("email", "Lena@example.org"))


def test_one_who_gives_no_name_has_none(visitor, staff):
    visitor.says("Hello?")
    opened = staff.opens(visitor)
    assert (opened.name, opened.contact) == (None, None)


def test_consent_is_kept_with_the_hash_of_the_exact_text(clinic, visitor, staff):
    visitor.says("Hello?")
    (consent,) = clinic.rows("consents")
    assert bytes(consent.text_sha256) == hashlib.sha256(CARD.consent.encode()).digest()
    assert (consent.locale, consent.given_at) == ("en", clinic.rows("conversations")[0].created_at)
    assert staff.opens(visitor).consent.version == 1


def test_who_read_the_former_notice_may_still_send(clinic, visitor, staff):
    former = clinic.home.consent.sha256
    clinic.saves(consent="Another notice.")
    visitor.opens("Hello?", consent=former)
    assert staff.opens(visitor).consent.version == 1
    late = clinic.visitor()
    late.opens("Hello?")
    assert staff.opens(late).consent.version == 2


@pytest.mark.parametrize(("what", "field"), [
    ({"consent": "0" * 64}, "consent"),
    ({"category": "surgery"}, "category"),
    ({"category": "appointment"}, "contact"),
])
def test_what_does_not_fit_is_refused_by_its_field(clinic, visitor, what, field):
    with pytest.raises(Refused) as refusal:
        visitor.opens("Hello?", **what)
    assert list(refusal.value.errors) == [field]
    assert not clinic.rows("conversations") and not clinic.rows("idempotency") and not clinic.rows("messages")


def test_a_closed_topic_says_whom_to_call(clinic, visitor):
    clinic.saves(categories=(("other", "Something else", False, "none"),))
    with pytest.raises(Refused) as refusal:
        visitor.says("Hello?")
    sentence = "The clinic does not take messages on this topic just now. Please call +1 555 0100."
    assert refusal.value.errors == {"category": [sentence]}


def test_writing_again_reopens_a_closed_conversation_for_two_weeks(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.closes("answered")
    assert visitor_desk.about(visitor.visit())["state"] == "closed"
    clinic.later(days=13.9)
    visitor.says("One more thing.")
    assert visitor_desk.about(visitor.visit())["state"] == "open"
    assert staff.inbox() == [visitor.conversation]


def test_after_two_weeks_a_closed_conversation_stays_closed(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.closes("answered")
    clinic.clock.at = clinic.rows("conversations")[0].closed_at + 14 * DAY
    with pytest.raises(Refused, match="start a new one"):
        visitor.says("One more thing.")
    assert visitor.reads() == ["Hello?", "system.closed"]


def test_the_visitor_learns_that_staff_opened_the_message_and_staff_that_the_visitor_did(clinic, visitor, staff):
    visitor.says("Hello?")
    assert visitor_desk.opened_upto(clinic.desk, visitor.visit()) == 0
    staff.opens(visitor)
    assert visitor_desk.opened_upto(clinic.desk, visitor.visit()) == 1
    staff.replies("Hello.")
    visitor_desk.has_seen(clinic.desk, visitor.visit(), 2, clinic.clock.tick())
    assert staff.opens(visitor).seen_by_visitor == 2


def test_each_message_was_opened_by_the_first_who_came_so_far(clinic, visitor, staff, monkeypatch):
    visitor.says("Hello?")
    assert openings.by_staff(clinic.desk, visitor.visit()) == []
    for text in ("One more thing.", "And another.", "Anybody?"):
        staff.opens(visitor)
        visitor.says(text)
    found = openings.by_staff(clinic.desk, visitor.visit())
    assert [one.upto_seq for one in found] == [1, 2, 3] and {one.role for one in found} == {"Nurse"}
    assert found[0].at < found[1].at < found[2].at <= clinic.clock.at
    assert openings.of(found, 2) == found[1] and openings.of(found, 4) is None
    monkeypatch.setattr(openings, "MOST", 2)
    assert openings.by_staff(clinic.desk, visitor.visit()) == found[1:]


def test_an_opening_that_somebody_put_into_the_database_or_altered_is_told_to_nobody(clinic, visitor, staff):
    visitor.says("Hello?")
    clinic.sql("INSERT INTO openings (clinic_id, id, conversation_id, reader_kind, reader_id, upto_seq, opened_at) SELECT"
               " clinic_id, id, id, 'staff', :reader, 99, created_at FROM conversations", reader=staff.who.id)
    assert told(clinic, visitor) == [], "as old rows are, from before openings were vouched for"
    staff.opens(visitor)
    assert told(clinic, visitor) == [(1, "Nurse")], "the forged row hides nobody who did open it"
    for altered in ("role = 'Doctor'", "upto_seq = 2", "opened_at = opened_at - 1", "reader_kind = 'visitor'",
                    "reader_id = NULL"):
        [kept] = [row for row in clinic.rows("openings") if row.mac]
        clinic.sql(f"UPDATE openings SET {altered} WHERE mac IS NOT NULL")
        assert told(clinic, visitor) == [] and visitor_desk.opened_upto(clinic.desk, visitor.visit()) == 0, altered
        assert staff.opens(visitor).seen_by_visitor == 0, altered
        clinic.sql("DELETE FROM openings WHERE id = :id", id=kept.id)
        assert told(clinic, visitor) == [(1, "Nurse")], "who opened it once more is told again"


def test_whoever_gets_another_title_opened_the_message_by_the_one_of_then(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.opens(visitor)
    clinic.sql("UPDATE people SET title = 'Doctor'")
    clinic.desk.known_people.clear()
    assert told(clinic, visitor) == [(1, "Nurse")]


def told(clinic, visitor) -> list[tuple[int, str | None]]:
    return [(one.upto_seq, one.role) for one in openings.by_staff(clinic.desk, visitor.visit())]


def test_seeing_more_than_there_is_counts_as_seeing_all(clinic, visitor, staff):
    visitor.says("Hello?")
    visitor_desk.has_seen(clinic.desk, visitor.visit(), 1_000_000, clinic.clock.tick())
    assert staff.opens(visitor).seen_by_visitor == 1


def test_those_who_wait_are_told_with_ids_only(clinic, visitor, staff):
    visitor.says("Hello?")
    topic = ("conversation", clinic.home.id, visitor.conversation)
    with clinic.desk.live.subscribe(topic) as mine, clinic.desk.live.subscribe(("clinic", clinic.home.id)) as ours:
        visitor.says("Is anybody there?")
        assert mine.next(1) == Signal("message", visitor.conversation, 2)
        assert ours.next(1) == Signal("changed", visitor.conversation, 2)
        staff.opens(visitor)
        assert mine.next(1) == Signal("opened", visitor.conversation, 2)


def test_a_ticket_carries_the_conversation_to_one_other_window_once(clinic, visitor):
    visitor.says("Hello?")
    ticket = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    window = clinic.visitor()
    window.token = visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock.tick())
    assert window.token != visitor.token and window.reads() == visitor.reads() == ["Hello?"]
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock.tick())


def test_a_ticket_is_good_for_a_minute(clinic, visitor):
    visitor.says("Hello?")
    ticket = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    clinic.later(seconds=60)
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock())


def test_ending_forgets_this_device_and_leaves_the_conversation_to_the_clinic(clinic, visitor, staff):
    visitor.says("Hello?")
    leftover = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    visit = visitor.visit()
    with clinic.desk.live.subscribe(("session", visit.who.session_id)) as stream:
        visits.end(clinic.desk, visit, clinic.clock.tick())
        assert stream.next(1) == Signal("end")
    assert not visits.is_alive(clinic.desk, visit)
    with pytest.raises(Unknown):
        visitor.reads()
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, clinic.home, leftover, None, clinic.clock())
    assert staff.reads(visitor) == ["Hello?"]
    assert [row.subject_id for row in clinic.rows("revocations")] == [visit.who.session_id]


def test_staff_desk_counts_what_is_open_mine_and_waiting(clinic, staff):
    for _ in range(3):
        clinic.visitor().says("Hello?")
    staff.claims()
    staff.replies("Hello.")
    assert lists.counts(clinic.desk, staff.who) == (3, 1, 2)
