"""`securemsg audit accept`: after the log was altered somebody answers for it, it goes on, and that is never forgotten."""

import json
import os
import signal
import subprocess
import sys

import pytest

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.audit import accepting
from securemsg.desk.journal import entry
from securemsg.errors import Conflict
from securemsg.store.ids import new_id
from tests.together import at_once

REASON = "A technician restored one table by hand on Sunday."


@pytest.fixture
def owner(log) -> str:
    """The address of somebody who may answer for the log."""
    mo = log.clinic.hires("Mo Day", None, "owner")
    log.clinic.sql("UPDATE people SET enrolled_at = created_at WHERE id = :id", id=mo.who.id)
    log.clinic.desk.known_people.clear()
    log.seals()
    return mo.person.email


def accepts(log, owner: str, *words: str):
    return log.run("audit", "accept", "elm", "--by", owner, "--reason", REASON, "--yes", *words)


def goes_on(log, *words: str) -> dict:
    """The log is sealed again, checks out behind the break, and every check tells of that; what it tells."""
    log.sealer._look_back_at = 0.0
    log.happens(3)
    said, told = log.verify(*words), json.loads(log.verify("--json", *words).out)
    mine = next(each for each in told["clinics"] if each["clinic"] == "elm")
    assert said.status == 0 and mine["intact"] and not mine["unsealed"], said.out
    assert "Intact behind what was accepted, which is not" in said.out and "ACCEPTED on" in said.out
    assert not any(row.number is None for row in log.rows)
    return mine


def altered(log):
    log.sql("UPDATE audit SET outcome = 'other' WHERE id = :id", id=log.rows[7].id)


def forged(log):
    log.sql("UPDATE audit SET leaf = :leaf, mac = :leaf WHERE id = :id", leaf=bytes(32), id=log.rows[7].id)


def deleted(log):
    log.sql("DELETE FROM audit WHERE id IN (:one, :other)", one=log.rows[7].id, other=log.rows[8].id)


def swapped(log):
    first, second = log.rows[7], log.rows[10]
    for number, row in ((-1, first), (8, second), (11, first)):
        log.sql("UPDATE audit SET number = :number WHERE id = :id", number=number, id=row.id)


def cut_off(log):
    kept = sorted(row.size for row in log.clinic.rows("audit_checkpoints"))[-3]
    log.sql("DELETE FROM audit WHERE clinic_id = :clinic AND number > :kept", kept=kept)
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size = (SELECT max(size) FROM audit_checkpoints WHERE"
            " clinic_id = :clinic)")


def without_its_newest_checkpoint(log):
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size = :size", size=len(log.rows))


def numbered_anew(log):
    for number in (-4, 2**63 - 1, 400):
        row = log.rows[9]
        log.sql("UPDATE audit SET number = :number WHERE id = :id", number=number, id=row.id)


def with_a_forged_checkpoint(log):
    newest = max(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)
    row = newest._asdict() | {"id": new_id(), "size": 2**60}
    log.clinic.desk.database.write(lambda tx: tx.everywhere.insert("audit_checkpoints", **row))


def with_a_forged_cut(log):
    log.cut_off(sorted(row.size for row in log.clinic.rows("audit_checkpoints"))[2], bytes(32))


def with_a_row_put_in(log):
    names = ", ".join(name for name in log.rows[4]._fields if name not in ("id", "number"))
    log.sql(f"INSERT INTO audit (id, number, {names}) SELECT :id, NULL, {names} FROM audit WHERE id = :row", id=new_id(),
            row=log.rows[4].id)


def with_events_out_of_place(log):
    events = sorted(log.clinic.rows("events"), key=lambda row: row.number)
    log.sql("DELETE FROM events WHERE id = :id AND clinic_id = :clinic", id=events[2].id)
    log.sql("UPDATE events SET number = :far WHERE id = :id AND clinic_id = :clinic", far=2**63 - 1, id=events[4].id)


def with_a_forged_break(log):
    log.sql("INSERT INTO audit_breaks (clinic_id, id, tree, upto_number, upto_event, found, accepted_at) VALUES (:clinic, :id, 2,"
            " 15, 5, '{}', 1)", id=new_id())


DEEDS = {
    # what is done to the log: words that name it
    altered: ["Row 8 was altered."], forged: ["Row 8 was altered."], deleted: ["Rows 8 to 9 are missing."],
    swapped: ["not all are those that were sealed there"], cut_off: ["are missing"],
    without_its_newest_checkpoint: ["beyond the last checkpoint"],
    numbered_anew: ["Rows 9 to 11 are missing.", "has the number -4"],
    with_a_forged_checkpoint: [f"a checkpoint of {2**60} rows"],
    with_a_forged_cut: ["says that the log was cut off"], with_a_row_put_in: ["A row that waits for its number was altered"],
    with_events_out_of_place: ["Of the events those from number 3 to 3 are missing.", f"An event has the number {2**63 - 1}"],
    with_a_forged_break: ["says which break was accepted, and is not this service's"]}


TOGETHER = (  # none of them hides another, and each log costs a second
    (altered, with_a_forged_checkpoint, with_a_row_put_in, with_events_out_of_place, with_a_forged_break),
    (without_its_newest_checkpoint, deleted), (forged, with_a_forged_cut), (swapped,), (cut_off,), (numbered_anew,))


@pytest.mark.parametrize("deeds", TOGETHER, ids=lambda deeds: deeds[0].__name__)
def test_whatever_was_done_is_named_accepted_and_told_of_ever_after(log, owner, deeds):
    assert {*DEEDS} == {deed for each in TOGETHER for deed in each}
    named = [words for deed in deeds for words in DEEDS[deed]]
    for deed in deeds:
        deed(log)
    assert log.verify().status == 1
    kept = {row.id: row for row in log.rows}
    said = accepts(log, owner)
    assert said.status == 0 and all(words in said.out for words in named), said.out + said.err
    mine = goes_on(log)
    [broken] = mine["breaks"]
    assert all(any(words in fault for fault in broken["faults"]) for words in named)
    assert kept.keys() <= {row.id for row in log.rows}, "nothing that was found was taken away"
    row = next(row for row in log.rows if row.id == broken["row"])
    assert (row.action, row.number) == ("audit.accepted", broken["upto"] + 1)
    objects = json.loads(row.objects)
    assert ["person", broken["person"]] in objects and REASON not in row.objects
    assert [fault for kind, fault in objects if kind == "fault"] == list(broken["faults"])
    assert f"_2/{log.clinic.home.id}" in mine["checkpoint"], "another tree is another log to whoever follows it"


def test_what_was_accepted_is_altered_by_nobody_any_more(log, owner):
    altered(log)
    accepts(log, owner)
    goes_on(log)
    for alter in ("UPDATE audit SET outcome = 'third' WHERE clinic_id = :clinic AND number = 8",
                  "UPDATE audit SET outcome = 'ok' WHERE clinic_id = :clinic AND number = 8",
                  "DELETE FROM audit WHERE clinic_id = :clinic AND number = 3",
                  "DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size = 3",
                  "UPDATE events SET number = -number WHERE clinic_id = :clinic AND number = 2"):
        with log.put_right():
            log.sql(alter)
            assert "not any more as they were found then" in log.convicts(log.clinic.rows("audit_breaks")[0].upto_number)
    for alter in ("UPDATE audit_breaks SET found = replace(found, '8', '9')", "UPDATE audit_breaks SET upto_number = 12",
                  "UPDATE audit_breaks SET accepted_at = 5", "UPDATE audit_breaks SET tree = 3"):
        [kept] = log.clinic.rows("audit_breaks")
        log.sql(f"{alter} WHERE clinic_id = :clinic")
        assert "which break of this log was accepted was altered" in log.convicts(None)
        log.sql("DELETE FROM audit_breaks WHERE clinic_id = :clinic")
        log.convicts(8)
        log.clinic.desk.database.write(lambda tx, kept=kept: tx.everywhere.insert("audit_breaks", **kept._asdict()))
    goes_on(log)


def test_a_second_break_is_accepted_behind_the_first_and_both_are_told(log, owner):
    altered(log)
    accepts(log, owner)
    goes_on(log)
    log.sql("UPDATE audit SET outcome = 'third' WHERE clinic_id = :clinic AND number IN (8, :number)", number=len(log.rows))
    said = accepts(log, owner)
    assert said.status == 0 and "are not any more as they were found then" in said.out
    assert f"Row {len(log.rows) - 1} was altered." in said.out
    first, second = goes_on(log)["breaks"]
    assert (first["tree"], second["tree"]) == (2, 3) and first["upto"] < second["upto"]


def test_notes_kept_elsewhere_fit_up_to_the_break_and_behind_it(log, owner, anchor):
    altered(log)
    accepts(log, owner)
    assert goes_on(log, "--anchor", anchor)["anchored"] == 3
    with open(anchor, "a") as file:
        file.write(log.run("audit", "checkpoint").out)
    log.happens()
    mine = goes_on(log, "--anchor", anchor)
    assert mine["anchored_upto"] > mine["breaks"][0]["upto"]
    log.sql("DELETE FROM audit_breaks WHERE clinic_id = :clinic")
    assert log.verify("--anchor", anchor).status == 1


def test_what_an_anchor_saw_and_is_gone_is_accepted_only_by_who_saw_the_anchor(log, owner, anchor):
    cut_off(log)
    accepts(log, owner)
    goes_on(log)
    said = log.verify("--anchor", anchor)
    assert said.status == 1 and "this was not known when it was accepted" in said.out
    said = accepts(log, owner, "--anchor", anchor)
    assert said.status == 0 and "An anchor holds a checkpoint" in said.out
    assert len(goes_on(log, "--anchor", anchor)["breaks"]) == 2


@pytest.mark.parametrize(("words", "sentence"), [
    (("elm", "--by", "nobody@elm.example", "--reason", REASON), "Only an owner"),
    (("elm", "--by", "{nurse}", "--reason", REASON), "Only an owner"), (("elm", "--by", "{owner}", "--reason", "."), "why"),
    (("oak", "--by", "{owner}", "--reason", REASON), "no log of a clinic 'oak'"),
    (("--by", "{owner}", "--reason", REASON), "Say either CLINIC"),
    (("--service", "--by", "{owner}", "--reason", REASON), "nothing to accept")])
def test_it_takes_a_break_a_reason_and_a_person_who_may_answer(log, owner, words, sentence):
    nurse = log.clinic.hires().person.email
    altered(log)
    said = log.run("audit", "accept", "--yes", *(word.format(owner=owner, nurse=nurse) for word in words))
    assert said.status == 1 and sentence in said.err and not log.clinic.rows("audit_breaks")


def test_a_log_as_it_was_written_has_nothing_to_accept_and_nothing_is_accepted_twice(log, owner):
    assert "there is nothing to accept" in accepts(log, owner).err
    altered(log)
    assert accepts(log, owner).status == 0
    assert "there is nothing to accept" in accepts(log, owner).err
    assert len(log.clinic.rows("audit_breaks")) == 1


def test_the_services_own_log_goes_on_too(log, owner):
    desk = log.clinic.desk
    row = entry(desk, Who("service", SERVICE), "service.something", "service", None, log.clinic.clock(), event=False)
    desk.database.write(row.write)
    log.seals()
    log.clinic.sql("UPDATE audit SET outcome = 'other' WHERE id = :id", id=row.audit.id)
    assert log.verify().status == 1
    said = log.run("audit", "accept", "--service", "--by", owner, "--reason", REASON, "--yes")
    assert said.status == 0, said.err
    assert log.verify().status == 0 and "ACCEPTED" in log.verify().out
    log.clinic.hires()
    desk.database.write(entry(desk, Who("service", SERVICE), "service.something", "service", None, 1, event=False).write)
    log.seals()
    said = log.verify()
    assert said.status == 0 and "ok   the service: 2 rows under 2 checkpoints" in said.out
    [found] = [each for each in json.loads(log.run("doctor", "--json").out)["checks"] if each["check"] == "audit breaks"]
    assert found["state"] == "warn" and "of the service up to row 1, on" in found["sentence"]


def test_of_two_at_once_one_accepts(log, owner):
    altered(log)
    desk, clock = log.clinic.desk, log.clinic.clock
    found = [accepting.look(desk, "elm", (), lambda done, total: None) for _ in range(4)]

    def tries(number: int) -> str:
        try:
            return str(accepting.accept(desk, found[number], owner, REASON, clock()).tree)
        except Conflict:
            return "refused"

    assert sorted(at_once(4, tries)) == ["2", "refused", "refused", "refused"]
    goes_on(log)


def test_what_was_sealed_between_look_and_acceptance_belongs_to_what_is_accepted(log, owner):
    altered(log)
    found = accepting.look(log.clinic.desk, "elm", (), lambda done, total: None)
    log.happens(2)
    row = accepting.accept(log.clinic.desk, found, owner, REASON, log.clinic.clock())
    assert row.upto_number == found.found.upto + 2
    goes_on(log)


KILLED = """
import os, signal, sys
from securemsg.desk.access import Who
from securemsg.desk.audit import accepting
from securemsg.desk.journal import entry
from securemsg.store import audit, audit_breaks
place = sys.argv[1]
def die(*args, **values): os.kill(os.getpid(), signal.SIGKILL)
if place == "before": accepting.breaks.attested_as = die
if place == "inside": audit.insert_checkpoint = die
accept = accepting.accept
def killed(*args):
    accept(*args)
    die()
if place == "after": accepting.accept = killed
from securemsg import cli
sys.argv = ["securemsg", *sys.argv[2:]]
cli.main()
"""


@pytest.mark.parametrize("place", ["before", "inside", "after"])
def test_killed_at_any_point_all_of_it_is_there_or_nothing(log, owner, own_settings, place):
    with_a_row_put_in(log)
    altered(log)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")} | own_settings.environ
    words = ("audit", "accept", "elm", "--by", owner, "--reason", REASON, "--yes")
    killed = subprocess.run([sys.executable, "-c", KILLED, place, *words], env=environ, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if place != "after":
        assert not log.clinic.rows("audit_breaks") and log.verify().status == 1
        assert accepts(log, owner).status == 0
    assert len(goes_on(log)["breaks"]) == 1
