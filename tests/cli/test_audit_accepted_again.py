"""After a break was accepted: nobody takes that back with the database alone, and the log goes on whatever came in between."""

import threading

from securemsg.desk.audit import accepting, sealing
from tests.cli.test_audit_accept import REASON, accepts, altered, goes_on, owner  # noqa: F401


def looks(log) -> None:
    log.sealer._look_back_at = 0.0
    log.sealer.look()


def test_a_break_that_is_accepted_while_a_batch_is_sealed_counts_as_another(log, owner, monkeypatch):  # noqa: F811
    altered(log)
    found = accepting.look(log.clinic.desk, "elm", (), lambda done, total: None)
    batch, made = sealing._Batch(log.clinic.desk, log.clinic.home.id, "", None, ""), []
    newest = sealing.audit.newest_checkpoint

    def accepted_meanwhile(tx, clinic_id):
        if not made:
            args = (log.clinic.desk, found, owner, REASON, log.clinic.clock())
            thread = threading.Thread(target=lambda: made.append(accepting.accept(*args)))
            thread.start()
            thread.join()
        return newest(tx, clinic_id)

    if not log.clinic.desk.database.skip_locked:  # SQLite has one writer: nobody accepts within another's transaction
        assert log.clinic.desk.database.write(batch.write) and batch.break_id == ""
        return
    log.clinic.visitor().says("And one more.")
    monkeypatch.setattr(sealing.audit, "newest_checkpoint", accepted_meanwhile)
    log.sealer.look()
    assert log.sealer.altered == {log.clinic.home.id} and log.sealer.breaks == {log.clinic.home.id: ""}
    looks(log)
    assert not log.sealer.altered and goes_on(log)["breaks"][0]["tree"] == 2


def test_a_break_that_was_taken_out_and_accepted_again_is_sealed_behind(log, owner):  # noqa: F811
    altered(log)
    accepts(log, owner)
    goes_on(log)
    log.sql("DELETE FROM audit_breaks WHERE clinic_id = :clinic")
    assert accepts(log, owner).status == 0
    assert len(goes_on(log)["breaks"]) == 1


def test_an_acceptance_cannot_be_taken_back_in_the_database_while_somebody_seals_nor_unseen_afterwards(log, owner):  # noqa: F811
    before = next(row for row in log.rows if row.number == 8)
    altered(log)
    accepts(log, owner)
    goes_on(log)
    [broken] = log.clinic.rows("audit_breaks")
    log.sql("UPDATE audit SET outcome = :outcome WHERE id = :id", outcome=before.outcome, id=before.id)
    log.sql("DELETE FROM audit_breaks WHERE clinic_id = :clinic")
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > :upto", upto=broken.upto_number)
    log.sql("UPDATE audit SET number = NULL WHERE clinic_id = :clinic AND number > :upto", upto=broken.upto_number)
    for _ in range(2):
        looks(log)
        assert log.sealer.altered == {log.clinic.home.id}
        assert "it was taken out" in log.convicts(None, next(row.id for row in log.rows if row.action == "audit.accepted"))
    log.sealer.close()
    log.sealer._leads()  # another one comes to lead, and knows nothing of before
    log.sealer._led = False
    log.seals()
    [row] = [row for row in log.rows if row.action == "audit.accepted"]
    assert row.number and "it was taken out" in log.convicts(row.number, row.id)
    assert accepts(log, owner).status == 0 and goes_on(log)
