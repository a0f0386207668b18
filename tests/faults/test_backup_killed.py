"""Backup and restore killed at any point: there is a whole archive or none, a whole database or an empty one."""

import contextlib
import random
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from securemsg import store
from securemsg.crypto import backup_keys
from securemsg.desk import open_desk
from securemsg.desk.archive.archives import Reading
from securemsg.desk.archive.backup import back_up
from securemsg.settings import Settings, load
from tests.desk.archives import is_empty
from tests.faults.account import rounds
from tests.http.house import copied
from tests.postgresql import PostgreSQL
from tests.service import PROGRAM, Service, until

PUBLIC, PRIVATE = backup_keys.new_texts()
ROWS = 20_000  # so that there is a middle to be killed in


@pytest.fixture
def source(furnished, tmp_path) -> Service:
    """A furnished service with many rows, not running; its archive lies beside it."""
    copied(furnished[0], tmp_path)
    service = Service(tmp_path, backup_key=PUBLIC)
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "securemsg.db")) as database, database:
        clinic = database.execute("SELECT id FROM clinics").fetchone()[0]
        rows = ((clinic, number.to_bytes(4) + random.randbytes(150)) for number in range(ROWS))
        database.executemany("INSERT INTO attempts (clinic_id, subject, failures, first_at) VALUES (?, ?, 0, 4000000000000000)",
                             rows)
    (tmp_path / "key").write_text(PRIVATE)
    return service


def killed(service: Service, size: Callable[[], int], upto: int, *words: str) -> bool:
    """Run a command and kill it once that much is written; whether it was killed before it had ended."""
    aim = random.randint(1, upto)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([PROGRAM, *words], env=service.environ, **quiet) as process:
        until(lambda: process.poll() is not None or size() >= aim, 60, f"{aim} bytes")
        process.kill()
    return process.returncode == -signal.SIGKILL


def settings_of(service: Service) -> Settings:
    return load({name: value for name, value in service.environ.items() if name.startswith("SECUREMSG_")})


def backed_up(service: Service, archive: Path) -> int:
    """Make an archive, in this process: how large it is."""
    with contextlib.closing(open_desk(settings_of(service))) as desk, open(archive, "wb") as file:
        back_up(desk, file, desk.clock(), lambda done, of: None)
        return file.tell()


def size_of(*paths: Path) -> int:
    return sum(path.stat().st_size for path in paths if path.exists())


def test_a_backup_that_is_killed_leaves_no_archive(source):
    def parts() -> list[Path]:
        return list(source.folder.glob("archive.*.part"))

    archive = source.folder / "archive"
    whole = backed_up(source, archive)
    archive.unlink()
    for _ in rounds(short=1):
        for part in parts():
            part.unlink()
        if killed(source, lambda: size_of(*parts()), int(whole * 0.8), "backup", str(archive)):
            assert not archive.exists() and [part.stat().st_mode & 0o777 for part in parts()] == [0o600]
        archive.unlink(missing_ok=True)
    source.command("backup", str(archive))
    assert not parts() and abs(archive.stat().st_size - whole) < 10_000
    with open(archive, "rb") as file:
        reading = Reading(file, backup_keys.private(PRIVATE, "The key"))
        assert sum(len(rows) for table, _, rows in reading.batches() if table == "attempts") == ROWS


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_that_is_killed_leaves_an_empty_database_and_can_be_done_again(source, kind, request, tmp_path):
    backed_up(source, tmp_path / "archive")
    target = Service(tmp_path / "new", root_key=f"file:{tmp_path / 'data.keys' / 'root.key'}")
    target.folder.mkdir()
    size = _place(target, kind, request)
    words = ("restore", str(tmp_path / "archive"), "--key", str(tmp_path / "key"))
    settings = settings_of(target)
    before = size()
    for _ in rounds(short=1):
        if killed(target, lambda: size() - before, 3_000_000, *words):
            assert is_empty(settings)
    if is_empty(settings):
        assert "is restored" in target.command(*words)
    with contextlib.closing(store.connect(settings)) as database:
        assert database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS rows FROM attempts")).rows == ROWS


def _place(target: Service, kind: str, request: pytest.FixtureRequest) -> Callable[[], int]:
    """Where the database shall be; how much of it is on the disk."""
    if kind == "sqlite":
        paths = [target.folder / "data" / f"securemsg.db{end}" for end in ("", "-wal", "-journal")]
        return lambda: size_of(*paths)
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create()
    request.addfinalizer(lambda: server.drop(name))
    target.settings["database_url"] = server.url(name)
    with server._connected(name) as connection:
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()[0]
    return lambda: sum(path.stat().st_size for path in (server.folder / "data" / "base" / str(oid)).iterdir())
