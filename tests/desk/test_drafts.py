"""What was begun is kept for who began it, in its conversation alone, and is gone when it was sent."""

import pytest

from securemsg.desk import drafts, reach
from securemsg.desk.drafts import Draft
from securemsg.errors import Conflict, Forbidden, Missing
from securemsg.live import Signal
from securemsg.store import aftermath
from tests.desk.archives import changed
from tests.desk.canary import CANARY, disguises, found_in, rows
from tests.desk.hand import flipped


@pytest.fixture
def asked(visitor, staff):
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    return visitor


def begun(draft: Draft) -> tuple[str, str]:
    return draft.reply, draft.note


def test_a_draft_is_restored_and_a_newer_one_is_never_written_over(staff, asked):
    assert begun(staff.draft()) == ("", "")
    first = staff.begins("Half a sen")
    second = staff.begins("Half a sentence", "and a note", first)
    assert begun(staff.draft()) == ("Half a sentence", "and a note") and staff.draft().version == second
    for stale in (0, first, second + 1):
        with pytest.raises(Conflict, match="another window"):
            staff.begins("from another tab", version=stale)
    third = staff.begins("Half a sentence, and more", "and a note", version=first)  # a page that was left hears of no version
    assert begun(staff.draft()) == ("Half a sentence, and more", "and a note") and staff.draft().version == third
    staff.begins()
    assert begun(staff.draft()) == ("", "")
    staff.begins("anew")
    assert begun(staff.draft()) == ("anew", "")


def test_a_page_that_is_left_and_the_one_after_it_save_the_same_text_at_once(clinic, staff, asked, monkeypatch):
    looked = drafts._stored

    def meanwhile(*about):
        """The other page's save arrives between this one's look and its write."""
        monkeypatch.setattr(drafts, "_stored", looked)
        found = looked(*about)
        staff.begins("Half a sentence")
        return found

    monkeypatch.setattr(drafts, "_stored", meanwhile)
    assert staff.begins("Half a sentence") == staff.draft().version == 2
    monkeypatch.setattr(drafts, "_stored", meanwhile)
    with pytest.raises(Conflict):
        staff.begins("Another one", version=2)
    assert staff.draft().reply == "Half a sentence"


@pytest.mark.parametrize("send", ["replies", "sends"])
def test_sending_clears_what_was_sent_and_a_save_that_comes_late_brings_it_not_back(staff, asked, send):
    for version in (0, None):  # before the first save arrived, and after one did
        version = staff.draft().version if version is None else version
        getattr(staff, send)("Yes.")
        with pytest.raises(Conflict):
            staff.begins("Yes", version=version)
        assert staff.draft().reply == ""
        staff.begins("Yes", "Ask her mother.")
    getattr(staff, send)("Yes.")
    assert begun(staff.draft()) == ("", "Ask her mother.")
    staff.notes("Ask her mother.")
    assert begun(staff.draft()) == ("", "")


@pytest.mark.parametrize("undo_seconds", [0, 10])
def test_a_newer_draft_of_another_computer_outlives_what_is_sent_from_an_older_page(clinic, staff, asked, undo_seconds):
    clinic.desk.settings = changed(clinic.desk.settings, undo_seconds=undo_seconds)
    old = staff.begins("Yes")
    staff.begins("A long answer, written at home", "and a note")
    staff.sends("Yes.", version=old)
    staff.notes("Ask her mother.", version=old)
    assert begun(staff.draft()) == ("A long answer, written at home", "and a note")
    staff.sends("A long answer, written at home.", version=old)  # a save whose answer came too late for the page
    staff.notes("and a note", version=staff.draft().version)
    assert begun(staff.draft()) == ("", "")


def test_a_draft_is_nobody_elses_and_in_no_other_conversation(clinic, staff, asked):
    staff.begins("Only for me")
    bo = clinic.hires("Bo Li")
    bo.opens(asked)
    assert begun(bo.draft()) == ("", "")
    for holder in (bo, staff):  # handed over in the table, and back
        clinic.sql("UPDATE drafts SET person_id = :id", id=holder.person.id)
        assert begun(bo.draft()) == ("", "")
    assert begun(staff.draft()) == ("Only for me", "")
    bo.begins("Mine")
    assert begun(staff.draft()) == ("Only for me", "") and begun(bo.draft()) == ("Mine", "")
    mine, other = sorted(clinic.rows("drafts"), key=lambda row: row.person_id != staff.person.id)
    for stolen in (bytes(other.sealed), flipped(bytes(mine.sealed)), b""):
        clinic.sql("UPDATE drafts SET sealed = :sealed WHERE id = :id", sealed=stolen, id=mine.id)
        assert begun(staff.draft()) == ("", "")
    leo = clinic.visitor()
    leo.says("Hello?")
    clinic.sql("UPDATE drafts SET conversation_id = :there WHERE id = :id", there=leo.conversation, id=other.id)
    bo.opens(leo)
    assert begun(bo.draft()) == ("", "")


def test_a_draft_is_sealed_and_goes_with_its_conversation(clinic, staff, asked):
    staff.begins(f"{CANARY} reply", f"{CANARY} note")
    assert not found_in(rows(clinic.desk.database), disguises(CANARY))
    clinic.desk.database.write(lambda tx: aftermath.repeat(tx, "erased.conversation", clinic.home.id, asked.conversation, 1))
    assert not clinic.rows("drafts")


def test_who_types_is_told_by_ids_to_colleagues_alone_and_nothing_is_recorded(clinic, staff, asked):
    counted, live = len(clinic.rows("audit")) + len(clinic.rows("events")), clinic.desk.live
    with live.subscribe(("clinic", clinic.home.id)) as ours, live.subscribe(
            ("conversation", clinic.home.id, asked.conversation)) as visitors:
        staff.begins("Half")
        staff.begins(note="a note alone is no reply")
        told = [Signal("typing", asked.conversation, typing, staff.person.id) for typing in (1, 0)]
        assert [ours.next(1), ours.next(1)] == told
        assert visitors.next(0.01) is None
    assert len(clinic.rows("audit")) + len(clinic.rows("events")) == counted


def test_nobody_keeps_a_draft_where_they_may_not_answer(clinic, other_clinic, staff, asked):
    without_role = type(staff.who)("staff", clinic.home.id, staff.person.id)
    for who, error in ((other_clinic.hires().who, Missing), (without_role, Forbidden)):
        with pytest.raises(error):
            drafts.save(clinic.desk, who, asked.conversation, "x", "", 0, clinic.clock())
    assert not clinic.rows("drafts") and begun(drafts.find(
        clinic.desk, staff.who, reach.own(clinic.desk, staff.who, asked.conversation))) == ("", "")
