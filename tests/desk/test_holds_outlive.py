"""A hold outlives the database: whoever puts an older copy of it back, or takes a row out of it, frees nothing to be erased."""

import pytest

from securemsg.crypto import ledger
from securemsg.desk.archive.ledger import Ledger, key_of
from securemsg.desk.erasing import after_restore, conversation, holds, requests, retention
from securemsg.desk.erasing.nightly import Nightly
from securemsg.errors import Conflict, Missing, Refused
from securemsg.times import DAY
from tests.desk.archives import archived, restored


@pytest.fixture
def judges(clinic):
    return clinic.hires("Mo Abe", None, "compliance"), clinic.hires("Cy Oh", None, "compliance")


@pytest.fixture
def back(clinic, elsewhere, reopened):
    """Restores an archive elsewhere: what was said about it, and the practice as it is there."""
    def restore(archive: bytes):
        said = restored(elsewhere.settings(clinic.desk), archive, clinic.clock)
        return said.replayed, reopened(clinic, elsewhere.settings(clinic.desk))

    return restore


def hold(clinic, visitor) -> str:
    return holds.place(clinic.desk, clinic.service, visitor.conversation, "A claim was announced.", clinic.clock.tick())


def lift(clinic, judges, id: str) -> None:
    for judge in judges:
        holds.lift(clinic.desk, judge.who, id, "The claim is settled.", clinic.clock.tick())


def erase(clinic, visitor) -> None:
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())


def grows_old(clinic) -> None:
    """Everything is old enough to be erased; the ledger is of today."""
    clinic.sql("UPDATE conversations SET last_at = 1, waiting_on = 'nobody'")


def night(clinic) -> None:
    """A whole night's work, from the start of a process on."""
    nightly = Nightly(clinic.desk, clinic.clock)
    nightly.look()
    clinic.later(hours=2)
    while nightly.look():
        pass


def lines(clinic) -> list[tuple[str, str]]:
    return [(entry.kind, entry.id) for entry, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk))]


def test_a_hold_is_written_down_when_it_is_placed_and_when_two_have_lifted_it(clinic, visitor, judges):
    visitor.opens("Hello?")
    id = hold(clinic, visitor)
    assert lines(clinic) == [("held", visitor.conversation)] and holds.outlives(clinic.desk, id)
    holds.lift(clinic.desk, judges[0].who, id, "It is settled.", clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    assert lines(clinic) == [("held", visitor.conversation)]
    holds.lift(clinic.desk, judges[1].who, id, "I agree.", clinic.clock.tick())
    for _ in range(2):
        Ledger(clinic.desk).catch_up()
    assert lines(clinic) == [("held", visitor.conversation), ("lifted", id)]


def test_what_was_held_since_the_archive_is_held_after_the_restore(clinic, visitor, judges, back):
    visitor.opens("I will go to court.")
    other = clinic.visitor()
    other.opens("Hello?")
    archive = archived(clinic)
    id, settled = hold(clinic, visitor), hold(clinic, other)
    lift(clinic, judges, settled)
    Ledger(clinic.desk).catch_up()
    replayed, again = back(archive)
    assert replayed.holds == 1 and not replayed.sentence
    assert [(row.id, row.conversation_id) for row in again.rows("holds")] == [(id, visitor.conversation)]
    with pytest.raises(Conflict, match="An older copy of the database was put back"):
        erase(again, visitor)
    grows_old(again)
    night(again)
    assert {row.id: bool(row.erased_at) for row in again.rows("conversations")} == {
        visitor.conversation: False, other.conversation: True}
    lift(again, judges, id)
    erase(again, visitor)
    assert all(row.erased_at for row in again.rows("conversations"))


def test_a_hold_that_was_taken_out_of_the_database_holds_and_two_people_lift_it(clinic, visitor, judges):
    visitor.opens("Hello?")
    other = clinic.visitor()
    other.opens("Hello?")
    id, gone = hold(clinic, visitor), hold(clinic, other)
    lift(clinic, judges, gone)
    Ledger(clinic.desk).catch_up()
    clinic.sql("DELETE FROM holds")
    assert [(each.id, each.state) for each in holds.everything(clinic.desk, clinic.service)] == [(id, "held")]
    grows_old(clinic)
    report = retention.run(clinic.desk, clinic.home, clinic.clock.tick())
    assert list(report.left.values()) == ["held"] and sum(report.erased.values()) == 1
    lift(clinic, judges, id)
    assert holds.of(clinic.desk, clinic.home.id, visitor.conversation) is None
    with pytest.raises(Missing):
        holds.lift(clinic.desk, judges[0].who, id, "Once more.", clinic.clock.tick())
    erase(clinic, visitor)


def test_a_row_that_was_moved_to_another_conversation_frees_none_and_two_people_lift_it(clinic, visitor, judges):
    visitor.opens("I will go to court.")
    id, other = hold(clinic, visitor), clinic.visitor()
    other.opens("Hello?")
    clinic.sql("UPDATE holds SET conversation_id = :id", id=other.conversation)
    assert [(each.id, each.conversation_id) for each in holds.everything(clinic.desk, clinic.service)] == [
        (id, visitor.conversation)]
    with pytest.raises(Conflict, match="its entry was altered"):
        erase(clinic, visitor)
    grows_old(clinic)
    report = retention.run(clinic.desk, clinic.home, clinic.clock.tick())
    assert list(report.left.values()) == ["held"] and sum(report.erased.values()) == 1
    lift(clinic, judges, id)
    assert [row.conversation_id for row in clinic.rows("holds")] == [visitor.conversation]
    erase(clinic, visitor)


def test_what_was_moved_in_the_archive_holds_after_the_restore(clinic, visitor, back):
    visitor.opens("I will go to court.")
    hold(clinic, visitor)
    other = clinic.visitor()
    other.opens("Hello?")
    clinic.sql("UPDATE holds SET conversation_id = :id", id=other.conversation)
    replayed, again = back(archived(clinic))
    assert replayed.holds == 1 and [row.conversation_id for row in again.rows("holds")] == [visitor.conversation]


def test_where_the_ledger_takes_no_line_it_is_held_all_the_same_and_that_is_told(clinic, visitor):
    visitor.opens("Hello?")
    clinic.desk.settings.ledger.mkdir(parents=True)
    id = hold(clinic, visitor)
    assert not holds.outlives(clinic.desk, id)
    with pytest.raises(Conflict):
        erase(clinic, visitor)
    clinic.desk.settings.ledger.rmdir()
    Ledger(clinic.desk).catch_up()
    assert holds.outlives(clinic.desk, id)


@pytest.mark.parametrize("how", ["missing", "altered"])
def test_without_a_whole_ledger_nothing_goes_by_itself_until_somebody_has_looked(clinic, visitor, judges, back, how):
    visitor.opens("I will go to court.")
    archive = archived(clinic)
    hold(clinic, visitor)
    path = clinic.desk.settings.ledger
    path.unlink() if how == "missing" else path.write_bytes(path.read_bytes().replace(b'"held"', b'"head"', 1))
    replayed, again = back(archive)
    assert "retention run --after-a-restore" in replayed.sentence and replayed.holds == 0
    for _ in range(2):
        grows_old(again)
        night(again)
    with pytest.raises(Refused, match="hold list"):
        after_restore.refuse_while_waiting(again.desk)
    assert not any(row.erased_at for row in again.rows("conversations"))
    after_restore.resume(again.desk, again.clock.tick())
    after_restore.refuse_while_waiting(again.desk)
    night(again)
    assert all(row.erased_at for row in again.rows("conversations"))


def test_after_such_a_restore_a_visitor_who_asks_is_answered_by_a_person(clinic, visitor, back):
    visitor.opens("Hello?")
    archive = archived(clinic)
    clinic.desk.settings.ledger.unlink()
    _, again = back(archive)
    row = again.rows("conversations")[0]
    assert requests.kept_as(again.desk, again.home, row) == "held"
    after_restore.resume(again.desk, again.clock.tick())
    assert requests.kept_as(again.desk, again.home, row) is None


def test_nobody_without_the_keys_lifts_a_hold_through_the_ledger(clinic, visitor):
    visitor.opens("Hello?")
    id = hold(clinic, visitor)
    clinic.sql("UPDATE holds SET lifted_by = placed_by, second_by = placed_by, lifted_at = :at", at=clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    assert ("lifted", id) not in lines(clinic)
    clinic.later(days=400)
    assert clinic.desk.ended.held()[0].row == id, "however long it lasts"
    assert clinic.clock() - clinic.desk.ended.held()[0].at > 399 * DAY
