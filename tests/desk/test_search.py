"""What is sealed is found by its words, in every script; what was altered is named; and who looked for what is on record."""

import orjson
import pytest

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk import reach, thread
from securemsg.desk.erasing import message
from securemsg.desk.search import portions, sheets, snippets, words
from securemsg.desk.search import search as searching
from securemsg.desk.search.search import Found, search
from securemsg.errors import BadRequest, Forbidden, Full, Refused, Unavailable
from securemsg.store import search as rows
from tests.desk.hand import Hand
from tests.desk.test_altered_rows import DEEDS, five_said


def finds(staff, text: str, before: str = "", **how) -> Found:
    return search(staff.clinic.desk, staff.who, text, before, staff.clinic.clock.tick(), **how)


def ids(found: Found) -> list[str]:
    return [one.conversation.id for one in found.results]


def said(found: Found) -> list[str]:
    """The texts shown, what is marked in brackets."""
    return ["".join(f"[{text}]" if marked else text for text, marked in place.parts) if place.parts else "?"
            for one in found.results for place in one.places]


def writes(clinic, text: str, **about):
    visitor = clinic.visitor()
    visitor.opens(text, **about)
    return visitor


@pytest.mark.parametrize(("asked", "shown"), [
    ("UBERGABE", "Die [Übergabe] war spät."), ("strasse", "Haupt[straße] 5"), ("STRASSE", "Haupt[straße] 5"),
    ("Łódź", "Ich komme aus [LODZ]."), ("lodz", "[Łódź]"), ("cafe\u0301", "[café]"), ("café", "[cafe\u0301] au lait"),
    ("istanbul", "[İSTANBUL]"), ("όδος", "[ΌΔΟΣ]"), ("ёлка", "[Елка] и чай"), ("don't", "I [don’t] know"), ("ﬁsh", "[fish]"),
    ("محمد", "قال [مُحَمَّد] نعم"), ("احمد", "[أحمد]"), ("مكتبه", "[مكتبة]"), ("0555", "[٠٥٥٥]"), ("سلام", "[ســلام]"),
    ("कलम", "मेरी [क़लम]"), ("हिन्दी", "[हिन्दी] में"), ("दवा", "यह [दवा]ई है"),
    ("头痛", "我[头痛]三天了"), ("ＡＢＣ", "[abc]"), ("한국", "[한국]어"), ("カ\u3099", "[ガ]ラス")])
def test_words_are_found_however_they_are_typed(asked, shown):
    text = shown.replace("[", "").replace("]", "")
    query = words.query(asked)
    assert query.mask(text) == query.all
    assert "".join(f"[{part}]" if marked else part for part, marked in snippets.snippet(text, query)) == shown


def test_texts_of_western_europe_are_folded_as_all_others_are():
    for sign in map(chr, range(256)):
        assert words.folded(f"é{sign}!") == " ".join(f"e{words.folded_sign(sign)}!".split()), sign
    text = "".join(map(chr, range(0xa0, 0x100)))
    assert words.folded(text + "中") == words.folded(text) + "中"


@pytest.mark.parametrize(("asked", "text"), [("कु", "क"), ("が", "か"), ("fever", "feve r"), ('"flu jab"', "jab flu")])
def test_other_words_are_not_found(asked, text):
    query = words.query(asked)
    assert query.mask(text) != query.all


@pytest.mark.parametrize("asked", ["", "  ", "a", "a b", '""', "x" * 201, "a2 b2 c2 d2 e2 f2 g2 h2 i2"])
def test_nothing_to_look_for_is_refused_with_a_sentence(asked):
    with pytest.raises(Refused) as refused:
        words.query(asked)
    assert refused.value.errors["q"][0].endswith(".")


def test_a_snippet_is_short_begins_with_a_word_and_holds_the_place():
    parts = snippets.snippet("word " * 200 + "the zebra " + "word " * 200, words.query("zebra"))
    text = "".join(part for part, _ in parts)
    assert ("zebra", True) in parts and len(text) <= snippets.LONGEST + 2 and text.startswith("…word") and text.endswith("word…")


def test_messages_notes_names_and_contacts_are_searched_and_the_newest_comes_first(clinic, staff):
    first = writes(clinic, "My knee hurts.")
    second = writes(clinic, "A question", name="Zoë Knee", contact=("email", "zoe@knee.example"))
    third = writes(clinic, "Nothing of it")
    staff.replies("Rest the KNEE.", to=third)
    staff.notes("knee again", to=third)
    found = finds(staff, "knee")
    assert ids(found) == [third.conversation, second.conversation, first.conversation]
    assert said(found) == ["Rest the [KNEE].", "[knee] again", "Zoë [Knee]", "zoe@[knee].example", "My [knee] hurts."]
    assert found.before is None and not found.strange
    assert [place.kind for place in found.results[0].places] == ["message", "note"]


def test_all_words_must_be_found_in_the_conversation_a_phrase_in_one_piece(clinic, staff):
    both = writes(clinic, "Fever since Monday")
    both.says("and a cough, too")
    writes(clinic, "Only a fever")
    assert ids(finds(staff, "fever cough")) == [both.conversation] == ids(finds(staff, "“since  monday” COUGH"))
    assert ids(finds(staff, '"monday and"')) == []


def test_a_reference_an_address_or_a_number_is_found_at_once(clinic, staff, monkeypatch):
    leo = writes(clinic, "Hello", contact=("email", "Leo@Example.org"))
    mia = writes(clinic, "Call leo@example.org or me", contact=("phone", "+1 555 0100"))
    reference = clinic.rows("conversations", id=leo.conversation)[0].reference
    with monkeypatch.context() as patch:
        patch.setattr(searching, "_through", None)  # no text is looked at
        for asked, whom in ((reference, leo), (reference.lower().replace("-", ""), leo), ("leo@example.ORG", leo),
                            ("+1 555 0100", mia)):
            found = finds(staff, asked)
            assert ids(found) == [whom.conversation] and found.directly and found.before == rows.LAST_ID
    assert ids(finds(staff, "leo@example.org", before=rows.LAST_ID)) == [mia.conversation, leo.conversation]
    assert ids(finds(staff, "(1) 555-0100")) == [mia.conversation]  # typed in another way: by its digits
    assert said(finds(staff, "5550100")) == ["+1 555 0100"]


def test_long_answers_come_in_pages_without_gap_or_repetition(clinic, staff, monkeypatch):
    monkeypatch.setattr(searching, "PAGE", 3)
    monkeypatch.setattr(portions, "_PORTION", 4)
    monkeypatch.setattr(portions, "_CONVERSATIONS", 5)
    monkeypatch.setattr(rows, "PIECE", 2)
    all_ids = []
    for number in range(11):
        visitor = writes(clinic, f"zebra {number}")
        visitor.says("more")
        all_ids.insert(0, visitor.conversation)
    pages, before = [], ""
    while before is not None:
        found = finds(staff, "zebra", before)
        pages.append(ids(found))
        before = found.before
    assert [each for page in pages for each in page] == all_ids
    assert [len(page) for page in pages][:3] == [3, 3, 3]


def test_what_a_time_box_did_not_reach_is_said_and_searched_on(clinic, staff, monkeypatch):
    oldest, *_ = [writes(clinic, f"zebra {number}") for number in range(4)]
    monkeypatch.setattr(portions, "_PORTION", 1)
    monkeypatch.setattr(searching, "SECONDS", 0)
    seen, before = [], ""
    for _ in range(4):
        found = finds(staff, "zebra", before)
        assert len(found.results) == 1 and found.reached_at == found.results[0].conversation.created_at
        seen, before = seen + ids(found), found.before or ""
        assert before
    assert seen[-1] == oldest.conversation
    assert finds(staff, "zebra", before).before is None


@pytest.fixture
def in_pieces(monkeypatch):
    """No time at all, so that an answer comes after each two rows of a conversation that has more than four."""
    for where, name, value in ((rows, "PIECE", 2), (portions, "_PORTION", 4), (searching, "SECONDS", 0)):
        monkeypatch.setattr(where, name, value)


def through(staff, text: str) -> list[Found]:
    """All answers, by going on."""
    found = [finds(staff, text)]
    while found[-1].before:
        assert len(found) < 50
        found.append(finds(staff, text, found[-1].before))
    return found


def test_a_very_long_conversation_is_left_in_time_and_gone_on_with(clinic, staff, in_pieces):
    older = writes(clinic, "An older zebra with a cough")
    long = writes(clinic, "The zebra came first")
    for number in range(9):
        long.says(f"number {number}")
    long.says("and then a cough")
    for note in ("wombat", "cough", "nothing"):
        staff.notes(note, to=long)
    for asked, whom in (("zebra cough", [long, older]), ("number wombat", [long]), ("zebra wombat nothing", [long]),
                        ("zebu", [])):
        found = through(staff, asked)
        assert [each for one in found for each in ids(one)] == [each.conversation for each in whom], asked
        assert not any(one.strange for one in found)
        assert found[0].before and found[0].before.startswith(f"{long.conversation}.message.9."), "two of eleven were looked at"
        assert found[0].reached_at == clinic.rows("conversations", id=long.conversation)[0].last_at
    assert any(".note." in (one.before or "") for one in found)


@pytest.mark.parametrize("table", ["messages", "notes"])
def test_of_a_very_long_conversation_too_it_is_said_that_something_is_gone(clinic, staff, in_pieces, table):
    long = writes(clinic, "Hello")
    for number in range(8):
        long.says(f"number {number}")
        staff.notes(f"note {number}", to=long)
    clinic.sql(f"DELETE FROM {table} WHERE conversation_id = :id AND seq = 4", id=long.conversation)
    strange = [row.id for one in through(staff, "zebra") for row in one.strange]
    assert strange == [long.conversation]


def test_what_is_disclosed_is_on_record_first_and_the_question_sealed(clinic, staff, monkeypatch):
    leo = writes(clinic, "A secret zebra", name="Leo Zebra")
    finds(staff, "zebra")
    row = clinic.rows("audit", action="conversations.searched")[-1]
    message = clinic.rows("messages")[0].id
    assert sorted(map(tuple, orjson.loads(row.objects))) == sorted([
        ("conversation", leo.conversation), ("message", message), ("name", leo.conversation)])
    told = unseal(clinic.desk.keys.data(clinic.home.id), Place("audit", "detail", clinic.home.id, row.id), bytes(row.detail))
    assert orjson.loads(told)["query"] == "zebra" and b"zebra" not in bytes(row.detail)
    assert "conversations.searched" in {line.action for line in staff.opens(leo).audit}, "the conversation tells of it"
    opened = []
    monkeypatch.setattr(searching, "recorded", lambda desk, write: opened.append(write) or _no_room())
    with pytest.raises(Unavailable):
        finds(staff, "zebra")
    assert opened


def _no_room():
    raise Full


def test_a_search_that_finds_nothing_is_on_record_too(clinic, staff):
    writes(clinic, "Hello")
    assert ids(finds(staff, "zebra")) == []
    assert clinic.rows("audit", action="conversations.searched")[-1].objects is None


def test_what_was_altered_is_named_and_never_shown(clinic, staff):
    other = writes(clinic, "three of another")
    for deed, (does, touched) in DEEDS.items():
        visitor = five_said(clinic, staff)
        does(Hand(clinic, visitor.conversation))
        found = finds(staff, "three")
        texts = said(Found([one for one in found.results if one.conversation.id == visitor.conversation]))
        assert ("[three]" in texts) == (3 not in touched), deed
        assert "?" in texts or visitor.conversation in {row.id for row in found.strange} or 3 not in touched, deed
        assert other.conversation in ids(found), deed
        clinic.sql("UPDATE conversations SET erased_at = 1 WHERE id = :id", id=visitor.conversation)


def test_a_forged_name_or_contact_is_not_shown(clinic, staff):
    leo = writes(clinic, "Hello", name="Leo Zebra", contact=("phone", "+1 555 0100"))
    mia = writes(clinic, "Hello", name="Mia", contact=("phone", "+1 555 0199"))
    for table in ("contacts", "conversations"):
        column, key = ("sealed", "conversation_id") if table == "contacts" else ("name", "id")
        value = getattr(clinic.rows(table, **{key: leo.conversation})[0], column)
        clinic.sql(f"UPDATE {table} SET {column} = :value WHERE {key} = :id", value=value, id=mia.conversation)
    assert [row.id for row in finds(staff, "zebra").strange] == [mia.conversation]
    clinic.sql("UPDATE conversations SET name = NULL WHERE id = :id", id=leo.conversation)
    assert ids(finds(staff, "leo zebra")) == []
    assert "message.unverified" in {row.action for row in clinic.rows("audit")}


def test_a_name_or_contact_that_the_first_message_does_not_vouch_for_is_not_shown(clinic, staff):
    leo = writes(clinic, "Hello", name="Leo", contact=("phone", "+1 555 0100"))
    [row], [contact] = clinic.rows("conversations"), clinic.rows("contacts")
    keys = thread.keys_of(clinic.desk, reach.own(clinic.desk, staff.who, leo.conversation))
    for table, column, id in (("conversations", "name", row.id), ("contacts", "sealed", contact.id)):
        sealed = seal(keys.body, Place(table, column, clinic.home.id, id, row.id), b"Forged zebra")
        clinic.sql(f"UPDATE {table} SET {column} = :sealed WHERE id = :id", sealed=sealed, id=id)
    assert said(finds(staff, "zebra")) == ["?", "?"]


def test_another_clinics_words_are_out_of_reach(clinic, other_clinic):
    there = writes(other_clinic, "zebra", contact=("email", "leo@example.org"))
    reference = other_clinic.rows("conversations")[0].reference
    ana, eve = clinic.hires(), other_clinic.hires("Eve")
    assert [ids(finds(ana, asked)) for asked in ("zebra", reference, "leo@example.org")] == [[], [], []]
    assert ids(finds(ana, "zebra", before=rows.LAST_ID)) == []
    assert ids(finds(eve, "zebra")) == [there.conversation]


def test_who_may_not_search_is_refused_before_anything_is_opened(clinic, monkeypatch):
    monkeypatch.setattr(sheets, "opened", None)
    with pytest.raises(Forbidden):
        finds(clinic.hires("Ned", None, "auditor"), "zebra")


def test_it_stops_when_nobody_waits_any_more(clinic, staff):
    writes(clinic, "zebra")
    with pytest.raises(BadRequest, match="gone"):
        finds(staff, "zebra", is_wanted=lambda: False)
    assert ids(finds(staff, "zebra")), "and the next one finds room"


def test_opened_conversations_do_not_push_out_those_that_people_work_with(clinic, staff, monkeypatch):
    working = writes(clinic, "Hello")
    for number in range(30):
        writes(clinic, f"Other {number}")
    clinic.desk.keys._conversations._entries.clear()
    staff.opens(working)
    before = clinic.desk.keys.opened
    finds(staff, "zebra")
    assert clinic.desk.keys.opened == before


def test_what_was_erased_on_purpose_is_not_called_altered(clinic, staff):
    leo = writes(clinic, "A zebra")
    leo.says("More")
    first = clinic.rows("messages", seq=1)[0].id
    message.erase(clinic.desk, clinic.service, leo.conversation, first, "asked for", clinic.clock.tick())
    assert ids(finds(staff, "zebra")) == [] and ids(finds(staff, "more")) == [leo.conversation]
    assert not finds(staff, "more").strange
    clinic.sql("DELETE FROM erasures")
    assert [row.id for row in finds(staff, "more").strange] == [leo.conversation]
