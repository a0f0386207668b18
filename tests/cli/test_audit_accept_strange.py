"""`securemsg audit accept` on what somebody meant to mislead it with: nothing hides behind it, and nothing genuine goes."""

import json

import pytest

from securemsg.crypto import checkpoints
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.audit import accepting
from securemsg.desk.journal import entry
from securemsg.errors import Conflict
from securemsg.store.ids import new_id
from tests.cli.test_audit_accept import REASON, accepts, altered, goes_on, owner  # noqa: F401


def puts_in(log, table: str, **values) -> None:
    log.clinic.desk.database.write(lambda tx: tx.everywhere.insert(table, clinic_id=log.clinic.home.id, id=new_id(), **values))


@pytest.mark.parametrize("deed", [
    "DELETE FROM audit WHERE clinic_id = :clinic AND number = :last - 1",
    "DELETE FROM audit WHERE clinic_id = :clinic AND number = :last",
    "DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size = :last - 2",
    "UPDATE audit_checkpoints SET made_at = 5 WHERE clinic_id = :clinic AND size = :last"])
def test_what_is_done_between_look_and_acceptance_is_accepted_by_nobody(log, owner, deed):  # noqa: F811
    altered(log)
    found = accepting.look(log.clinic.desk, "elm", (), lambda done, total: None)
    for _ in range(3):
        log.happens(2)
    log.sql(deed.replace(":last", str(log.rows[-1].number)))
    with pytest.raises(Conflict, match="has changed since"):
        accepting.accept(log.clinic.desk, found, owner, REASON, log.clinic.clock())
    said = accepts(log, owner)
    assert said.status == 0 and len(said.out.splitlines()) > 3, "looked at again it is named"
    goes_on(log)


def test_far_numbers_hide_nothing_and_nothing_genuine_makes_way(log, owner):  # noqa: F811
    newest = max(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)
    facts = {name: value for name, value in newest._asdict().items() if name not in ("clinic_id", "id", "size")}
    for size in (2**53, newest.size + 3):
        puts_in(log, "audit_checkpoints", size=size, **facts)
    row, event = log.rows[9], max(log.clinic.rows("events"), key=lambda row: row.number)
    log.sql("UPDATE audit SET number = :far, outcome = 'other' WHERE id = :id", far=2**53 - 1, id=row.id)
    log.sql("UPDATE events SET number = :far WHERE id = :id AND clinic_id = :clinic", far=2**52, id=event.id)
    said = accepts(log, owner)
    assert said.status == 0, said.err
    for words in (f"is a checkpoint of {2**53} rows", f"has the number {2**53 - 1}, which was never given. Row {2**53 - 1} was"
                  " altered.", "Row 10 is missing.", f"An event has the number {2**52}, which was never given."):
        assert words in said.out, said.out
    mine, there = goes_on(log), len(log.clinic.rows("audit_checkpoints"))
    assert mine["breaks"][0]["upto"] < 30, "it goes on where it stood"
    log.sql("UPDATE audit SET outcome = 'other' WHERE id = :id", id=log.rows[-2].id)
    said = accepts(log, owner)
    assert said.status == 0 and " is missing" not in said.out and "are missing" not in said.out, said.out
    goes_on(log)
    assert len(log.clinic.rows("audit_checkpoints")) >= there


def test_a_forged_row_ahead_of_the_breaks_takes_no_genuine_one_away(log, owner):  # noqa: F811
    altered(log)
    accepts(log, owner)
    goes_on(log)
    log.sql("UPDATE audit SET outcome = 'third' WHERE clinic_id = :clinic AND number = :number", number=len(log.rows))
    accepts(log, owner)
    goes_on(log)
    kept = {row.id for row in log.clinic.rows("audit_breaks")}
    log.sql("UPDATE audit_breaks SET accepted_at = 5 WHERE clinic_id = :clinic AND tree = 2")
    [found] = [each for each in json.loads(log.run("doctor", "--json").out)["checks"] if each["check"] == "audit breaks"]
    assert found["state"] == "fail" and "this service did not" in found["sentence"]
    assert accepts(log, owner).status == 0
    [broken] = goes_on(log)["breaks"]
    assert broken["tree"] == 4, "no number of a tree is given twice"
    assert kept < {row.id for row in log.clinic.rows("audit_breaks")}


def test_every_forged_cut_is_named_at_once(log, owner):  # noqa: F811
    for number in range(3):
        puts_in(log, "audit_cuts", upto_number=2**62 - number, root=bytes(32), cut_at=1)
    said = accepts(log, owner)
    assert all(f"cut off up to row {2**62 - number}" in said.out for number in range(3))
    goes_on(log)


def test_by_its_id_a_clinics_log_is_its_peoples_alone_and_the_reason_is_sealed(log, owner):  # noqa: F811
    altered(log)
    log.run("clinic", "add", "oak", "--name", "Oak Clinic")
    log.run("staff", "add", "oak", "--name", "Olga Oak", "--email", "olga@oak.example", "--role", "owner")
    log.clinic.sql("UPDATE people SET enrolled_at = created_at WHERE enrolled_at IS NULL")
    words = ("audit", "accept", log.clinic.home.id, "--reason", REASON, "--yes", "--by")
    said = log.run(*words, "olga@oak.example")
    assert said.status == 1 and "Only an owner" in said.err and not log.clinic.rows("audit_breaks")
    assert log.run(*words, owner).status == 0
    [row] = log.clinic.rows("audit", action="audit.accepted")
    assert row.detail and REASON not in row.objects


def test_an_anchor_counts_as_it_does_when_the_log_is_checked(log, owner, tmp_path):  # noqa: F811
    desk = log.clinic.desk
    desk.database.write(entry(desk, Who("service", SERVICE), "service.something", "service", None, 1, event=False).write)
    log.seals()
    origin = checkpoints.origin("other.example", "service", SERVICE)
    note = checkpoints.sign(bytes(range(32)), checkpoints.Checkpoint(origin, 7, bytes(32)))
    (tmp_path / "mixed").write_text(f"{note}\n{log.run('audit', 'checkpoint').out}")
    (tmp_path / "other").write_text(str(note))
    words = ("audit", "accept", "--service", "--by", owner, "--reason", REASON, "--yes", "--anchor")
    assert log.verify("--anchor", str(tmp_path / "mixed")).status == 0
    assert "there is nothing to accept" in log.run(*words, str(tmp_path / "mixed")).err
    for said in (log.verify("--anchor", str(tmp_path / "other")), log.run(*words, str(tmp_path / "other"))):
        assert said.status == 1 and "no checkpoint of this service" in said.err


def test_rows_of_what_is_no_clinic_are_told_and_never_sealed(log, owner):  # noqa: F811
    if log.clinic.desk.database.skip_locked:  # PostgreSQL takes no id that is none
        assert log.run("audit", "accept", "zzz", "--by", owner, "--reason", REASON, "--yes").status == 1
        return
    row = log.rows[3]._asdict()
    for clinic_id, number in (("zzz", 1), ("zzz", None), ("", None)):
        log.clinic.desk.database.write(lambda tx, clinic_id=clinic_id, number=number: tx.everywhere.insert(
            "audit", **{**row, "id": new_id(), "clinic_id": clinic_id, "number": number}))
    log.happens()
    log.sealer._look_back_at = 0.0
    log.happens()
    said = log.verify()
    assert said.status == 1 and "none can have this id" in said.out and "ok   elm" in said.out
    made = log.clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT clinic_id FROM audit_checkpoints"))
    assert not {"zzz", ""} & {row.clinic_id for row in made}
    said = log.run("audit", "accept", "zzz", "--by", owner, "--reason", REASON, "--yes")
    assert said.status == 1 and "none can have this id" in said.err
    log.clinic.sql("DELETE FROM audit WHERE clinic_id IN ('zzz', '')")
    assert log.verify().status == 0


@pytest.mark.parametrize(("words", "sentence"), [
    (("elm", "--by", "{owner}", "--reason", "torn \udcff bytes"), "the reason holds bytes"),
    (("elm", "--by", "\udcff", "--reason", REASON), "the address holds bytes"),
    (("\udcff", "--by", "{owner}", "--reason", REASON), "the name of the clinic holds bytes"),
    (("elm", "--by", "{owner}", "--reason", "."), "why"), (("elm", "--by", "nobody@elm.example", "--reason", REASON), "Only an")])
def test_what_was_typed_is_judged_before_anything_is_looked_at_or_asked(log, owner, words, sentence, monkeypatch):  # noqa: F811
    altered(log)
    monkeypatch.setattr(accepting, "look", None)
    said = log.run("audit", "accept", *(word.format(owner=owner) for word in words))
    assert said.status == 1 and sentence in said.err and "Traceback" not in said.err, said.err
