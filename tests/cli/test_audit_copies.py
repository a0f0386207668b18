"""`securemsg audit export | checkpoint`: the log elsewhere, to be checked there."""

import json
import threading
from base64 import b64decode

import pytest

from securemsg.crypto import audit_tree, checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.store import audit_scan
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
    with pytest.raises(Exception, match="audit"):
        log.run("audit", "export")
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
