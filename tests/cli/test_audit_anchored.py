"""`securemsg audit verify --anchor`: what nobody can see who has only the database, the checkpoints kept elsewhere tell."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from securemsg.crypto import checkpoints
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.audit.sealing import Sealer
from securemsg.times import rfc3339
from tests.cli.audited import LOG


def looks_clean_without_the_anchor(log) -> bool:
    said = log.verify()
    return said.status == 0 and "cannot be seen" in said.out


def test_a_log_that_went_on_fits_the_anchor_and_what_came_after_it_is_said_to_be_unseen(log, anchor, other_clinic):
    size = len(log.rows)
    log.happens(3)
    said, told = log.verify("--anchor", anchor), json.loads(log.verify("--json", "--anchor", anchor).out)
    assert said.status == 0 and told["intact"] and "Without an anchor" not in said.out and "- of elm: " in said.out
    counted = {each["clinic"]: (each["anchored"], each["anchored_upto"]) for each in told["clinics"]}
    assert counted == {"elm": (3, size), "oak": (0, 0)}
    [beyond] = [each for each in told["cannot_see"] if each.startswith(f"of elm: that rows after number {size}")]
    at = next(row.made_at for row in log.clinic.rows("audit_checkpoints") if row.size == size)
    assert f"signed {rfc3339(at)}" in beyond and len(told["cannot_see"]) == 4
    of_oak = [each for each in told["cannot_see"] if each.startswith("of oak, of which the anchor holds no checkpoint")]
    assert all(word in each for each, word in zip(of_oak, ("cut off", "older", "stolen"), strict=True))


def test_an_anchor_of_another_service_alone_is_none(log, anchor):
    elsewhere = checkpoints.Checkpoint("other.example/audit/elm/01a20121-2a4d-7003-9ac2-5ac229075770", 7, bytes(32))
    other = Path(anchor).with_name("other")
    other.write_text(str(checkpoints.sign(bytes(32), elsewhere)))
    for words in (("--anchor", str(other)), ("--anchor", anchor, "--anchor", str(other))):
        said = log.verify(*words)
        assert said.status == 1 and not said.out and "no checkpoint of this service" in said.err


def test_the_newest_rows_cut_off_together_with_their_checkpoints(log, anchor):
    kept = sorted(row.size for row in log.clinic.rows("audit_checkpoints"))[-2]
    log.sql("DELETE FROM audit WHERE clinic_id = :clinic AND number > :kept", kept=kept)
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > :kept", kept=kept)
    assert looks_clean_without_the_anchor(log)
    assert "the end was cut off" in log.convicts(kept + 1, None, "--anchor", anchor)


def test_an_older_database_put_back_also_when_it_went_on_differently(log, anchor):
    old = {table: [row._asdict() for row in log.clinic.rows(table)] for table in LOG}
    log.happens(2)
    newer = log.run("audit", "checkpoint").out
    for table in LOG:
        log.sql(f"DELETE FROM {table} WHERE clinic_id = :clinic")
        for row in old[table]:
            log.clinic.desk.database.write(lambda tx, table=table, row=row: tx.everywhere.insert(table, **row))
    assert looks_clean_without_the_anchor(log) and log.verify("--anchor", anchor).status == 0
    size = len(log.rows)
    with open(anchor, "a") as file:
        file.write(newer)
    assert "an older database was put back" in log.convicts(size + 1, None, "--anchor", anchor)
    log.sealer.close()  # who leads knows better than to go on from an older database; after a new start nobody does
    log.sealer = Sealer(log.clinic.desk)
    log.happens(5)
    assert looks_clean_without_the_anchor(log)
    assert "written anew" in log.convicts(size + 1, None, "--anchor", anchor)


def test_a_log_written_anew_and_signed_with_the_stolen_key(log, anchor):
    size = next(checkpoints.found_in(Path(anchor).read_text())).checkpoint.size
    log.sql("DELETE FROM audit WHERE id = :id", id=log.rows[size + 1].id)
    log.sql("UPDATE audit SET number = NULL WHERE clinic_id = :clinic")
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic")
    log.sealer.close()
    log.sealer = Sealer(log.clinic.desk)  # the thief's
    log.seals()
    assert looks_clean_without_the_anchor(log)
    assert "signed with the service's own key" in log.convicts(size + 1, None, "--anchor", anchor)


def test_keys_exchanged_for_others_are_not_passed_over(log, anchor):
    text = Path(anchor).read_text()
    notes = list(checkpoints.found_in(text))
    forged = checkpoints.sign(bytes(32), notes[0].checkpoint)
    Path(anchor).write_text(f"{forged}\n{text}")
    assert "no key of this service signed" in log.convicts(notes[0].checkpoint.size, None, "--anchor", anchor)


def test_a_clinic_of_which_nothing_is_left_is_missed(log, anchor):
    for table in LOG:
        log.sql(f"DELETE FROM {table} WHERE clinic_id = :clinic")
    assert looks_clean_without_the_anchor(log)
    log.convicts(1, None, "--anchor", anchor)


def test_anchors_of_another_service_are_counted_and_no_more(log, anchor):
    elsewhere = checkpoints.Checkpoint("other.example/audit/elm/01a20121-2a4d-7003-9ac2-5ac229075770", 7, bytes(32))
    with open(anchor, "a") as file:
        file.write(str(checkpoints.sign(bytes(32), elsewhere)))
    said = log.verify("--anchor", anchor)
    assert said.status == 0 and "1 checkpoints in the anchor are another service's" in said.out


@pytest.mark.parametrize("content", [None, "", "nothing of the kind"])
def test_an_anchor_that_says_nothing_is_told(log, tmp_path, content):
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    said = log.verify("--anchor", str(path))
    assert said.status == 1 and said.err.startswith("securemsg: The anchor") and not said.out


def test_an_anchor_that_saw_what_retention_cut_off_fits_all_the_same(log, anchor):
    sizes, key = [note.checkpoint.size for note in checkpoints.found_in(Path(anchor).read_text())], log.clinic.desk.keys
    log.cut_off(sizes[1], key.active(SERVICE, "audit").secret)
    assert log.verify().status == 0 and log.verify("--anchor", anchor).status == 0
    seed = key.active(SERVICE, "checkpoint").secret
    text = Path(anchor).read_text()
    for note in checkpoints.found_in(text):
        other = checkpoints.sign(seed, replace(note.checkpoint, root=bytes(32)))
        Path(anchor).write_text(f"{text}\n{other}")
        if (size := note.checkpoint.size) == sizes[0]:
            assert log.verify("--anchor", anchor).status == 0, "nobody can tell any more"
        else:
            assert f"another root of the first {size} rows" in log.verify("--anchor", anchor).out


@pytest.mark.parametrize("filler", ["a", "a/audit/", "[", "host/audit/elm/" + 36 * "0" + " ", "x\n"])
def test_an_anchor_of_whatever_size_is_looked_through_at_once(log, anchor, filler):
    with open(anchor, "a") as file:
        file.write(filler * (1_000_000 // len(filler)))
    begun = time.process_time()
    assert len(list(checkpoints.found_in(Path(anchor).read_text()))) == 3 and time.process_time() - begun < 1
    assert log.verify("--anchor", anchor).status == 0
