"""Ready replies: filled in, sealed, never overwritten unseen, and never sent with a place left empty."""

from dataclasses import replace

import pytest

from securemsg.desk import drafts, pending, reach
from securemsg.desk import staff as staff_desk
from securemsg.desk.canned import templates, variables
from securemsg.desk.canned.templates import Template
from securemsg.errors import Conflict, Forbidden, Missing, Refused
from tests.people import new_key

HOURS = Template("", "Opening hours", "en", "Dear {visitor}, we are open from {date} on. Call {phone}. {me}, {clinic}")
VALUES = {"visitor": "Leo", "clinic": "Elm", "me": "Ana", "phone": None, "reference": "AB-CD23"}


@pytest.fixture
def owner(clinic):
    return clinic.hires("Maren", "Doctor", "owner")


def saves(person, template: Template, key: str = "") -> str:
    return templates.save(person.clinic.desk, person.who, template, key or new_key(), person.clinic.clock.tick())


def every(person) -> list[Template]:
    return templates.everything(person.clinic.desk, person.who)


@pytest.mark.parametrize(("text", "there"), [
    ("Dear {visitor}", "Dear Leo"), ("{clinic}{me}", "ElmAna"), ("{reference}: {reference}", "AB-CD23: AB-CD23"),
    ("Call {phone} on {date}", "Call {phone} on {date}"), ("{Visitor}", "Leo"), ("{ visitor }", "Leo"),
    ("{{visitor}}", "{Leo}"), ("{день} {दिनांक}", "{день} {दिनांक}"), ("{} {1} {a+b} {\n}", "{} {1} {a+b} {\n}")])
def test_what_is_known_is_filled_in_and_the_rest_stays(text, there):
    assert variables.filled(text, VALUES) == there


@pytest.mark.parametrize(("text", "left"), [
    ("Dear Leo", []), ("Dear {visitor}, {date}", ["visitor", "date"]), ("{phone}{phone}", ["phone"]), ("{other} {1} {} f{x}", []),
    ("{ date }", ["date"]), ("function() { return date; }", []), ("{день недели} {दिनांक}", ["день недели", "दिनांक"])])
def test_places_of_ready_replies_count_and_other_braces_do_not(text, left):
    assert variables.left(text, ["On {date}", "В {день недели} {दिनांक}"]) == left


def test_a_value_that_looks_like_a_place_is_not_filled_in_once_more():
    assert variables.filled("Dear {visitor}", {"visitor": "{me}", "me": "Ana"}) == "Dear {me}"


def test_what_is_kept_comes_back_sorted_by_name_and_lies_sealed(clinic, owner, staff):
    saves(owner, HOURS)
    saves(owner, Template("", "  a  Repeat\nprescription ", "de", " In zwei Tagen.\r\nIhr Team "))
    assert [(each.label, each.language, each.text, each.version) for each in every(staff)] == [
        ("a Repeat prescription", "de", "In zwei Tagen.\nIhr Team", 1), ("Opening hours", "en", HOURS.text, 1)]
    stored = repr([tuple(map(str, row)) for row in clinic.rows("templates")])
    assert "Opening" not in stored and "open from" not in stored
    assert [row.action for row in clinic.rows("audit") if row.action.startswith("template.")] == ["template.added"] * 2


def test_a_stale_change_is_refused_and_the_other_persons_words_stay(owner):
    id = saves(owner, HOURS)
    mine = replace(HOURS, id=id, version=1, text="Mine")
    saves(owner, replace(mine, text="Theirs"))
    with pytest.raises(Conflict, match="in the meantime"):
        saves(owner, mine)
    with pytest.raises(Conflict):
        templates.remove(owner.clinic.desk, owner.who, id, 1, owner.clinic.clock.tick())
    assert [(each.text, each.version) for each in every(owner)] == [("Theirs", 2)]
    templates.remove(owner.clinic.desk, owner.who, id, 2, owner.clinic.clock.tick())
    templates.remove(owner.clinic.desk, owner.who, id, 2, owner.clinic.clock.tick())  # pressed twice
    with pytest.raises(Missing):
        saves(owner, mine)
    assert every(owner) == []
    assert [row.action for row in owner.clinic.rows("audit") if row.action.startswith("template.")] == [
        "template.added", "template.changed", "template.removed"]


def test_a_form_sent_twice_keeps_one(owner):
    key = new_key()
    assert saves(owner, HOURS, key) == saves(owner, HOURS, key)
    assert len(every(owner)) == 1


@pytest.mark.parametrize(("changes", "fields"), [
    ({"label": " "}, {"label"}), ({"label": "x" * 81}, {"label"}), ({"text": "\n"}, {"text"}), ({"text": "x" * 4_001}, {"text"}),
    ({"language": "xx"}, {"language"}), ({"text": "a\0b"}, {"text"})])
def test_what_does_not_fit_is_refused_with_a_sentence_for_its_field(owner, changes, fields):
    with pytest.raises(Refused) as refused:
        saves(owner, replace(HOURS, **changes))
    assert set(refused.value.errors) == fields and every(owner) == []


def test_there_is_a_limit_to_their_number(owner, monkeypatch):
    monkeypatch.setattr(templates, "MOST", 2)
    for _ in range(2):
        saves(owner, HOURS)
    with pytest.raises(Refused, match="2 ready replies"):
        saves(owner, HOURS)
    assert len(every(owner)) == 2


def test_staff_use_them_and_only_owners_write_them(clinic, owner, other_clinic):
    id, ana = saves(owner, HOURS), clinic.hires()
    with pytest.raises(Forbidden):
        saves(ana, HOURS)
    with pytest.raises(Forbidden):
        templates.remove(clinic.desk, ana.who, id, 1, clinic.clock.tick())
    with pytest.raises(Forbidden):
        every(clinic.hires("Ned", None, "auditor"))
    eve = other_clinic.hires("Eve", None, "owner")
    assert every(eve) == [] and len(every(ana)) == 1
    with pytest.raises(Missing):
        templates.one(clinic.desk, eve.who, id)


def test_an_altered_one_says_so_and_an_older_version_does_not_open(clinic, owner, staff):
    id = saves(owner, HOURS)
    [first] = clinic.rows("templates")
    saves(owner, replace(HOURS, id=id, version=1, text="Newer"))
    clinic.sql("UPDATE templates SET sealed = :sealed WHERE id = :id", sealed=bytes(first.sealed), id=id)
    [opened] = every(staff)
    assert not opened.verified and not opened.text and opened.label == "Could not be verified"
    saves(owner, replace(HOURS, id=id, version=2, text="Written anew"))
    assert [each.text for each in every(staff)] == ["Written anew"]


@pytest.mark.parametrize("way", [staff_desk.reply, pending.reply])
def test_a_reply_with_an_empty_place_is_not_sent_and_the_sentence_names_it(clinic, visitor, owner, staff, way):
    visitor.says("When are you open?")
    saves(owner, HOURS)

    def replies(text: str) -> None:
        way(clinic.desk, staff.who, visitor.conversation, text, None, new_key(), clinic.clock.tick())

    with pytest.raises(Refused) as refused:
        replies("Dear {visitor}, on {date}")
    assert refused.value.errors["text"] == ["Nothing was sent: please fill in {visitor}, {date} first, or take it out."]
    assert visitor.reads() == ["When are you open?"] and not clinic.rows("pending_replies")
    for same in ("Dear { visitor },", "Dear {Visitor},", "On {DATE }"):
        with pytest.raises(Refused):
            replies(same)
    replies("Dear Leo, press {x} or { y }")
    assert visitor.reads()[1:] or clinic.rows("pending_replies"), "other braces are somebody's own"


@pytest.mark.parametrize("way", [staff_desk.reply, pending.reply])
def test_what_was_sent_before_a_ready_reply_got_that_place_is_answered_as_sent(clinic, visitor, owner, staff, way):
    visitor.says("When are you open?")
    for _ in range(2):
        way(clinic.desk, staff.who, visitor.conversation, "See {date}", None, "the-key-of-the-form-1", clinic.clock.tick())
        saves(owner, HOURS)
    assert len(clinic.rows("pending_replies")) + len(visitor.reads()) == 2


def test_a_place_is_filled_however_it_is_typed():
    assert variables.filled("{Visitor}, { visitor } {VISITOR } {date}", {"visitor": "Leo"}) == "Leo, Leo Leo {date}"
    assert variables.named("{Datum} { visitor } {datum}") == ["Datum", "visitor"]


def test_without_script_it_stands_behind_what_was_typed_as_the_draft(clinic, owner, staff):
    leo = clinic.visitor()
    leo.opens("Hello", name="Leo")
    id = saves(owner, HOURS)
    templates.insert(clinic.desk, staff.who, clinic.home, leo.conversation, id, "Good morning.\n", 0, clinic.clock.tick())
    begun = drafts.find(clinic.desk, staff.who, reach.own(clinic.desk, staff.who, leo.conversation))
    filled = "Dear Leo, we are open from {date} on. Call +1 555 0100. Ana Ruiz, Elm Street Surgery"
    assert begun.reply == f"Good morning.\n\n{filled}"
    with pytest.raises(Conflict):  # from a page that is older than the draft
        templates.insert(clinic.desk, staff.who, clinic.home, leo.conversation, id, "", 0, clinic.clock.tick())


def test_a_visitor_without_a_name_leaves_its_place_open(clinic, visitor, owner, staff):
    visitor.says("Hello")
    assert variables.filled("Dear {visitor}", templates.values(clinic.home, staff.who, "AB-CD23", None)) == "Dear {visitor}"
