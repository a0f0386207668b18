"""The text of backup keys: which half it is, and what is wrong with it."""

import pytest

from securemsg.crypto import backup_keys, key_files
from securemsg.errors import Misconfigured

PUBLIC, PRIVATE = backup_keys.new_texts()


def fault(read, text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        read(text, "The file")
    return refused.value.detail


def test_a_pair_fits_itself_and_each_pair_is_another():
    private = backup_keys.private(f" {PRIVATE}\n", "x")
    assert backup_keys.key_id(private.public_key()) == backup_keys.key_id(backup_keys.public(PUBLIC, "x"))
    assert PUBLIC.startswith("smbackup1_pub_") and PRIVATE.startswith("smbackup1_key_")
    assert len({*backup_keys.new_texts(), PUBLIC, PRIVATE}) == 4


@pytest.mark.parametrize(("read", "own", "other"), [
    (backup_keys.public, PUBLIC, PRIVATE), (backup_keys.private, PRIVATE, PUBLIC)])
def test_each_fault_has_a_sentence_that_tells_nothing(read, own, other):
    body = own[14:]
    mistyped = own[:20] + ("A" if own[20] != "A" else "B") + own[21:]
    for text, words in ((other, "half"), ("", "does not hold"), ("smroot1_" + body, "does not hold"), (own[:-1], "wrong length"),
                        (own + "x", "wrong length"), (mistyped, "checksum is wrong"), (own[:-1] + "é", "checksum is wrong"),
                        (own + "\n" + own, "does not hold"), (other[:14] + body, "half"),
                        (own[:14] + other[14:], "checksum is wrong")):
        said = fault(read, text)
        assert said.startswith("The file ") and words in said and body[:43] not in said and other[14:57] not in said, text


def test_the_private_half_where_the_public_belongs_is_called_dangerous():
    assert "whoever takes it opens every archive" in fault(backup_keys.public, PRIVATE)


def test_the_file_is_the_owners_alone_and_is_never_overwritten(tmp_path):
    path = tmp_path / "key"
    key_files.create(path, PRIVATE)
    assert path.stat().st_mode & 0o777 == 0o400 and path.read_text() == PRIVATE + "\n"
    with pytest.raises(FileExistsError):
        key_files.create(path, PRIVATE)
