"""After a restore: what was ended or erased since the archive was made does not come back to life."""

import pytest

from securemsg.desk import people, sending, visits
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.audit import copies as audit_copies
from securemsg.desk.audit import log as audit_log
from securemsg.desk.deliveries.engine import Engine
from securemsg.errors import Refused, Unknown
from securemsg.store import deliveries
from securemsg.store.deliveries import Claim
from securemsg.times import DAY
from tests.desk.archives import archived, erases, restored
from tests.desk.canary import CANARY
from tests.listening import plugins
from tests.people import code_at


@pytest.fixture
def back(clinic, elsewhere, reopened):
    """Restores an archive elsewhere: what was said about it, and the practice as it is there."""
    def restore(archive: bytes, place=elsewhere):
        said = restored(place.settings(clinic.desk), archive, clinic.clock)
        return said.replayed, reopened(clinic, place.settings(clinic.desk))

    return restore


def catches_up(clinic) -> None:
    Ledger(clinic.desk).catch_up()


def test_an_ended_visit_stays_ended_and_another_goes_on(clinic, busy, back):
    other = clinic.visitor()
    other.opens("I go on.")
    archive = archived(clinic)
    visits.end(clinic.desk, busy.visitor.visit(), clinic.clock.tick())
    catches_up(clinic)
    replayed, again = back(archive)
    assert not replayed.sentence
    busy.visitor.clinic = other.clinic = again
    with pytest.raises(Unknown):
        busy.visitor.visit()
    assert other.reads() == ["I go on."]


def test_who_was_disabled_stays_out_and_who_signed_out_stays_out(clinic, busy, back):
    colleague = clinic.hires("Cy Oh")
    app, _ = colleague.enrols()
    clinic.later(minutes=1)
    token = colleague.signs_in("four plain words here", code_at(app, clinic.clock() + 1_000_000))
    archive = archived(clinic)
    people.disable(clinic.desk, clinic.service, clinic.home, busy.staff.person, clinic.clock.tick())
    catches_up(clinic)
    replayed, again = back(archive)
    assert replayed.counts["person"] == 1 and not replayed.sentence
    gone = people.by_email(again.desk, again.home, busy.staff.person.email)
    assert gone.disabled_at and not people.by_email(again.desk, again.home, colleague.person.email).disabled_at
    busy.staff.clinic = colleague.clinic = again
    with pytest.raises(Unknown):
        busy.staff.session(busy.token)
    assert colleague.session(token).person.id == colleague.person.id
    again.later(minutes=2)
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", code_at(busy.app, again.clock() + 1_000_000))


def test_what_a_person_proved_herself_with_before_a_lost_phone_counts_no_more(clinic, busy, back):
    archive = archived(clinic)
    clinic.later(minutes=5)
    busy.staff.enrols("quite other words now")
    catches_up(clinic)
    _, again = back(archive)
    busy.staff.clinic = again
    again.later(minutes=2)
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", code_at(busy.app, again.clock() + 1_000_000))
    again.later(minutes=2)
    busy.staff.enrols("and now new ones here")


def test_a_used_recovery_code_a_used_link_and_a_used_code_stay_used(clinic, busy, back):
    newcomer = clinic.hires("New Comer")
    link, ticket = newcomer.gets_link(), visits.ticket(clinic.desk, busy.visitor.visit(), clinic.clock())
    archive = archived(clinic)
    busy.staff.signs_in("four plain words here", busy.codes[0])
    shown = code_at(busy.app, clinic.clock())
    catches_up(clinic)
    _, again = back(archive)
    busy.staff.clinic = newcomer.clinic = again
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", busy.codes[0])
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", shown)
    with pytest.raises(Refused):
        newcomer.follows(link)
    with pytest.raises(Unknown):
        visits.redeem(again.desk, again.home, ticket, None, again.clock())
    again.later(minutes=2)
    assert busy.staff.signs_in("four plain words here", code_at(busy.app, again.clock() + 1_000_000)), "the next one counts"
    again.later(minutes=2)
    assert busy.staff.signs_in("four plain words here", busy.codes[1]), "and so does another recovery code"


def test_a_reply_that_waited_is_not_sent_but_given_back(clinic, visitor, staff, back):
    """It may have been taken back, or sent, after the archive was made."""
    visitor.says("Is the flu jab free?")
    staff.sends("To the wrong patient.")
    staff.begins("And bring your card.", note="Call on Friday")
    archive = archived(clinic)
    staff.undoes()
    catches_up(clinic)
    clinic.later(hours=1)
    replayed, again = back(archive)
    again.later(minutes=1)
    sending.send_due(again.desk, again.clock())
    visitor.clinic = staff.clinic = again
    assert visitor.reads() == ["Is the flu jab free?"] and replayed.drafts == 1 and not again.rows("pending_replies")
    assert (staff.draft().reply, staff.draft().note) == ("To the wrong patient.\n\nAnd bring your card.", "Call on Friday")
    assert [row.outcome for row in again.rows("audit", action="reply.withheld")] == ["refused"]


def test_what_plugins_had_to_deliver_waits_for_a_person_and_what_comes_later_comes(clinic, visitor, back):
    """A mail may have gone out after the archive was made, and a reminder of last week reminds nobody."""
    told = []

    def plan(message, at, desk):
        for days in (1, 9):
            desk.schedule(message.conversation, at + days * DAY, "call")

    clinic.desk.registry = plugins(ear={"message_received": plan, "task_due": lambda task, at: told.append(at)})
    visitor.says("Is the flu jab free?")
    Engine(clinic.desk).look()
    later = clinic.visitor()
    later.says("Hello?")
    claim = Claim("ear", "who was killed", clinic.clock(), 9)
    assert clinic.desk.database.write(lambda tx: deliveries.claim(tx, claim, clinic.desk.database.skip_locked))
    archive = archived(clinic)
    catches_up(clinic)
    clinic.later(days=3)
    replayed, again = back(archive)
    again.desk.registry = clinic.desk.registry
    Engine(again.desk).look()
    aside = [row.hook for row in again.rows("outbox", fault=deliveries.RESTORED) if row.gave_up_at]
    assert replayed.deliveries == 2 and sorted(aside) == ["message_received", "task_due"] and not told
    again.later(days=9)
    Engine(again.desk).look()
    assert len(told) == 1


def test_what_was_erased_since_is_erased_again(clinic, busy, back):
    gone, partly = clinic.visitor(), clinic.visitor()
    gone.opens(f"{CANARY} erase all", name=CANARY, contact=("email", "x@example.org"))
    partly.opens("Keep this.")
    partly.says("Erase this.")
    archive = archived(clinic)
    erases(clinic, "conversation", gone.conversation)
    erases(clinic, "message", partly.messages()[1].id)
    catches_up(clinic)
    replayed, again = back(archive)
    assert (replayed.counts["erased.conversation"], replayed.counts["erased.message"]) == (1, 1)
    row = next(row for row in again.rows("conversations") if row.id == gone.conversation)
    assert row.erased_at and row.name is None
    assert [key.wrapped for key in again.rows("conversation_keys", conversation_id=gone.conversation)] == [None]
    for table in ("messages", "contacts"):
        assert [each.sealed for each in again.rows(table, conversation_id=gone.conversation)] == [None], table
    assert len(again.rows("erasures")) == 2
    partly.clinic = again
    assert partly.reads() == ["Keep this.", "removed"]
    busy.visitor.clinic = again
    assert busy.visitor.reads()[0] == f"{CANARY} first", "the others are as they were"


def loses(clinic, how: str, archive_ledger: bytes) -> None:
    """What may have become of the ledger."""
    path = clinic.desk.settings.ledger
    if how == "missing":
        path.unlink()
    elif how == "older than the archive":
        path.write_bytes(b"".join(archive_ledger.splitlines(keepends=True)[:-1]))
    else:
        path.write_bytes(path.read_bytes().replace(b'"session"', b'"person"', 1))


@pytest.mark.parametrize("how", ["missing", "older than the archive", "altered"])
def test_without_a_ledger_that_knows_everything_ends_and_it_is_said(clinic, busy, back, how):
    catches_up(clinic)
    archive = archived(clinic)
    loses(clinic, how, clinic.desk.settings.ledger.read_bytes())
    replayed, again = back(archive)
    assert how in replayed.sentence and "erase it again" in replayed.sentence and "staff list" in replayed.sentence
    assert "1 visitors' sessions" in replayed.sentence and "10 recovery codes" in replayed.sentence
    busy.visitor.clinic = busy.staff.clinic = again
    with pytest.raises(Unknown):
        busy.visitor.visit()
    with pytest.raises(Unknown):
        busy.staff.session(busy.token)
    assert "1 passwords, 1 apps" in replayed.sentence and "staff link SLUG EMAIL" in replayed.sentence
    again.later(minutes=2)
    for code in (busy.codes[3], code_at(busy.app, again.clock() + 1_000_000)):
        with pytest.raises(Refused):
            busy.staff.signs_in("four plain words here", code)
    assert not again.rows("credentials") + again.rows("devices") and not any(row.enrolled_at for row in again.rows("people"))
    app, _ = busy.staff.enrols("and now new ones here")
    again.later(minutes=2)
    assert busy.staff.signs_in("and now new ones here", code_at(app, again.clock() + 1_000_000)), "by a new link everybody may"


def test_without_a_ledger_a_stolen_phone_and_an_old_password_do_not_come_back(clinic, busy, back):
    archive = archived(clinic)
    clinic.later(minutes=5)
    busy.staff.enrols("quite other words now")
    catches_up(clinic)
    clinic.desk.settings.ledger.unlink()
    _, again = back(archive)
    busy.staff.clinic = again
    again.later(minutes=2)
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", code_at(busy.app, again.clock() + 1_000_000))


def end_gone(clinic, how: str, at_backup: bytes) -> None:
    """The ledger ends too early: whole as far as it goes, so that nothing in it can tell."""
    path = clinic.desk.settings.ledger
    path.write_bytes(at_backup if how == "as the archive knew it" else path.read_bytes()[:-1])


@pytest.mark.parametrize(("how", "days", "words"), [("as the archive knew it", 1, "reaches only to 2026-03-02T12:0"),
                                                    ("without its last newline", 0, "ends in the middle of a line")])
def test_a_ledger_that_lost_its_end_counts_as_none(clinic, busy, back, across, how, days, words):
    archive = archived(clinic)
    at_backup = clinic.desk.settings.ledger.read_bytes()
    people.disable(clinic.desk, clinic.service, clinic.home, busy.staff.person, clinic.clock.tick())
    visits.end(clinic.desk, busy.visitor.visit(), clinic.clock.tick())
    catches_up(clinic)
    end_gone(clinic, how, at_backup)
    clinic.later(days=days)
    replayed, again = back(archive)
    assert words in replayed.sentence and "disable once more" in replayed.sentence
    busy.visitor.clinic = busy.staff.clinic = again
    with pytest.raises(Unknown):
        busy.visitor.visit()
    with pytest.raises(Refused):
        busy.staff.signs_in("four plain words here", code_at(busy.app, again.clock() + 1_000_000))
    replayed, _ = back(archived(again), across)
    assert not replayed.sentence, "what is archived afterwards is good again"


def test_until_when_the_ledger_speaks_is_told_and_a_day_is_not_too_long(clinic, busy, back, across):
    archive = archived(clinic)
    made_at = clinic.clock()
    at_backup = clinic.desk.settings.ledger.read_bytes()
    clinic.later(hours=23)
    replayed, _ = back(archive)
    assert replayed.reaches == made_at and not replayed.sentence, "a backup says how far it knows"
    clinic.desk.settings.ledger.write_bytes(at_backup)
    Ledger(clinic.desk).reach()
    told_at = clinic.clock()
    clinic.later(hours=23)
    replayed, _ = back(archive, across)
    assert replayed.reaches == told_at and not replayed.sentence, "and so does whoever keeps it"


def test_what_a_restore_did_not_know_no_later_one_takes_for_known(clinic, busy, back, across):
    archive = archived(clinic)
    clinic.later(days=2)
    assert "reaches only to" in back(archive)[0].sentence
    replayed, _ = back(archive, across)
    assert "does not know all that ended before 2026-03-04" in replayed.sentence and "earlier restore" in replayed.sentence


def test_the_ledger_goes_on_after_a_restore_and_a_second_one_still_knows(clinic, busy, back):
    archive = archived(clinic)
    visits.end(clinic.desk, busy.visitor.visit(), clinic.clock.tick())
    catches_up(clinic)
    _, again = back(archive)
    catches_up(again)
    said = clinic.desk.settings.ledger.read_text().splitlines()
    assert '"kind":"restored"' in said[-1] and sum(busy.visitor.conversation in line for line in said) == 0
    assert len(said) == len(set(said))
    assert archived(again)


def test_an_anchor_that_saw_more_than_the_archive_is_explained_by_the_log_itself(clinic, busy, back):
    """It convicts, as it must: rows are missing. The log says where it was put back, now and when it has grown past that."""
    early = "".join(audit_copies.checkpoint(clinic.desk).notes)
    archive = archived(clinic)
    busy.visitor.says("This comes too late.")
    late = "".join(audit_copies.checkpoint(clinic.desk).notes)
    _, again = back(archive)
    made_at = next(iter(audit_log.verify(again.desk).restores))[1]
    assert made_at < audit_log.verify(again.desk).restores[0][0] and audit_log.verify(again.desk).intact
    for _ in range(2):
        report = audit_log.verify(again.desk, [early])
        assert report.intact and report.restores, report.first_fault
        report = audit_log.verify(again.desk, [late])
        assert not report.intact and report.restores[0][1] == made_at
        busy.visitor.clinic = again
        busy.visitor.says("Goes on.")
        busy.visitor.says("And on, beyond what the anchor saw.")
        audit_copies.checkpoint(again.desk)
    again.sql("UPDATE audit SET objects = '[7' WHERE action = 'service.restored'")
    assert not audit_log.verify(again.desk).intact
