"""`securemsg audit export | checkpoint`: the log elsewhere, to be checked there."""

import json
import threading
from base64 import b64decode

from securemsg.crypto import audit_tree, checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.audit import copies as audit_copies
from securemsg.store import audit_scan
from tests.cli.conftest import is_a_sentence
from tests.service import until


def test_an_export_is_enough_to_check_the_log_again_and_is_written_into_it(log, tmp_path):
    out = tmp_path / "log.jsonl"
    assert log.run("audit", "export", "elm", "--out", str(out)).status == 0 and out.stat().st_mode & 0o077 == 0
    head, clinic, *lines = map(json.loads, out.read_text().splitlines())
    assert (head["format"], clinic["clinic"]) == (1, "elm")
    rows, signed = ([line for line in lines if line["type"] == kind] for kind in ("row", "checkpoint"))
    frontier, roots = Frontier(), {}
    for row in rows:
        facts = [row[name] for name in audit_scan.FACTS]
        leaf = audit_tree.leaf(tuple(b64decode(value) if value and name in ("session_sha256", "address", "detail") else value
                                     for name, value in zip(audit_scan.FACTS, facts, strict=True)))
        assert b64decode(row["leaf"]) == leaf
        if row["number"]:
            frontier.add(leaf)
            roots[frontier.size] = frontier.root()
    for each in signed:
        note = checkpoints.read(each["note"])
        assert note.signed_by([b64decode(key) for key in head["checkpoint_keys"]]) and roots[each["size"]] == note.checkpoint.root
    assert len(rows) == len(log.rows) == 16 and rows[-1]["action"] == "audit.exported" and len(signed) == 6


def test_an_export_that_cannot_be_recorded_gives_nothing(log):
    log.clinic.sql("ALTER TABLE audit RENAME TO audit_away")
    said = log.run("audit", "export")
    assert said.status == 1 and not said.out and said.err.startswith("securemsg: ")
    log.clinic.sql("ALTER TABLE audit_away RENAME TO audit")


def test_a_checkpoint_is_given_also_while_another_process_leads(log):
    log.clinic.visitor().says("not sealed yet")
    other = threading.Thread(target=lambda: until(lambda: log.sealer.look() or log.rows[-1].number, 10))
    other.start()
    said = log.run("audit", "checkpoint")
    other.join()
    (note,) = checkpoints.found_in(said.out)
    assert said.status == 0 and note.checkpoint.size == len(log.rows) == 16


def test_an_altered_log_is_not_sealed_any_more_and_the_command_says_so(log, caplog):
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > 10")
    log.clinic.visitor().says("after it")
    assert not log.sealer.look() and "was altered and is not sealed any more" in caplog.text and log.rows[0].number is None
    log.sealer.close()
    said = log.run("audit", "checkpoint")
    assert said.status == 1 and "securemsg audit verify" in said.err and not said.out


def test_a_file_that_is_there_is_kept_and_no_option_is_advised_that_there_is_not(log, tmp_path):
    (tmp_path / "notes").write_text("precious")
    for command in ("export", "checkpoint"):
        said = log.run("audit", command, "--out", str(tmp_path / "notes"))
        assert is_a_sentence(said, "exists already", "Choose another name") and "--force" not in said.err
    assert (tmp_path / "notes").read_text() == "precious"
    assert is_a_sentence(log.run("audit", "export", "no-such"), "There is no clinic 'no-such' here. There are: elm.")


def test_one_altered_log_is_named_and_the_checkpoints_of_the_others_are_given(log, other_clinic, tmp_path):
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > 10")
    log.clinic.visitor().says("after it")
    other_clinic.visitor().says("of another clinic")
    log.sealer.close()
    said = log.run("audit", "checkpoint", "--out", str(tmp_path / "notes"))
    (note,) = checkpoints.found_in((tmp_path / "notes").read_text())
    assert note.checkpoint.clinic_id == other_clinic.home.id and note.checkpoint.size == len(other_clinic.rows("audit"))
    assert said.status == 1 and "The audit log of elm was altered" in said.err


def test_a_clinic_with_which_who_leads_does_not_get_on_is_named(log, other_clinic, monkeypatch):
    monkeypatch.setattr(audit_copies, "_PATIENCE_SECONDS", 0.3)
    log.seals()
    log.clinic.visitor().says("not sealed while the leader sleeps")
    said = log.run("audit", "checkpoint")
    assert said.status == 1 and "get on with that of elm" in said.err and log.clinic.home.id not in said.out
    assert other_clinic.home.id in said.out
