"""The disk fails, is full, or is read-only while people write: what was acknowledged is there, once, in order."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults import failing
from tests.faults.account import few, rounds, settled
from tests.faults.crowd import Crowd
from tests.faults.generous import Generous
from tests.faults.kills import answered, killed_worker
from tests.faults.small_disk import SmallDisk
from tests.http.people import new_key
from tests.http.running import Running, running
from tests.service import until

FAILURES = {
    "fsync fails now and then": (503, "fdatasync:error=EIO:when=1+3"),
    "writing finds no room": (507, "pwrite64:error=ENOSPC:when=1+5"),
    "the disk becomes read-only": (503, "pwrite64,ftruncate,fallocate:error=EROFS"),
    "fsync finds no room": (503, "fdatasync:error=ENOSPC:when=1+3"),
    "writing fails now and then": (503, "pwrite64:error=EIO:when=1+5"),
}


@pytest.fixture(scope="module")
def steady(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One house on SQLite for all of these failures."""
    template, known = request.getfixturevalue("furnished")
    with Generous(tmp_path_factory.mktemp("steady")) as service:
        yield running(service, template, known).start()


@pytest.mark.parametrize("name", few(FAILURES, short=3))
def test_the_disk_fails_while_people_write(steady, name):
    """Afterwards the service is killed: what counts is what lies in the files."""
    (status, call), recoveries = FAILURES[name], []
    with Crowd(steady.visitor, staff=steady.staff("Ana")) as crowd:
        for _ in rounds(short=1):
            crowd.sends(random.randint(5, 25))
            with failing.attached(worker(steady), call):
                crowd.hears(status)
                crowd.hears(status)
            recoveries.append(crowd.recovers())
    steady.service.kill()
    steady.start()
    settled(name, steady, crowd, recoveries)
    assert is_whole(steady.service.folder / "data" / "securemsg.db")


def worker(steady: Running) -> int:
    [process] = psutil.Process(steady.service.process.pid).children()
    return process.pid


def is_whole(path: Path) -> bool:
    with sqlite3.connect(path) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    (tmp_path / "data").mkdir(mode=0o700)
    with SmallDisk(tmp_path / "data") as disk:
        yield disk


@pytest.fixture
def small(disk: SmallDisk, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The house on the small disk."""
    template, known = request.getfixturevalue("furnished")
    shutil.copytree(template / "data.keys", tmp_path / "data.keys")
    shutil.copytree(template / "data", disk.seen, dirs_exist_ok=True)
    with Generous(tmp_path) as service:
        service.before = disk.words
        yield Running(service, known).start()


def test_the_disk_is_full(small, disk):
    """Visitors read what is their own; staff read their lists, and why they see nothing else."""
    recoveries, ana = [], small.staff("Ana")
    with Crowd(small.visitor, staff=ana) as crowd:
        for _ in rounds(short=2):
            crowd.sends(random.randint(5, 25))
            disk.fill()
            crowd.hears(507)
            visitor = crowd.talks[0].visitor
            assert visitor.reads() == crowd.talks[0].sent[:len(visitor.reads())] and visitor.reads()
            read = ana.opens(f"conversations/{visitor.conversation}")  # the log may have room again for one small row
            assert read.status == 200 or (read.status == 503 and "not on record" in read.text)
            assert ana.opens().status == 200
            disk.empty()
            recoveries.append(crowd.recovers())
    settled("the disk is full", small, crowd, recoveries)


def test_killed_while_the_disk_is_full_it_comes_back_by_itself(small, disk):
    leo, key = small.visitor(), new_key()
    assert leo.opens("one").status == 201
    disk.fill()
    killed_worker(small)
    told = until(lambda: answered(lambda: leo.says("two", key)), 20, "an answer while the disk is full")
    assert told.status in (503, 507) and int(told.headers["Retry-After"]) > 0
    disk.empty()
    until(lambda: (said := answered(lambda: leo.says("two", key))) and said.status == 201, 20, "the service to come back")
    assert leo.reads() == ["one", "two"]


def test_a_read_only_disk_is_told_at_the_start(small, disk):
    leo = small.visitor()
    assert leo.opens("one").status == 201
    small.service.stop()
    disk.remount("ro")
    with pytest.raises(AssertionError, match="Nothing can be written to the data folder"):
        small.start()
    assert "Traceback" not in small.service.output()
    disk.remount("rw")
    small.start()
    assert leo.reads() == ["one"] and leo.says("two").status == 201


@pytest.mark.parametrize("call", few(["rename:error=EIO", "fdatasync:error=EIO:when=1+2"], short=1))
def test_a_disk_that_fails_while_all_is_made(make_service, call):
    """It says so in a sentence, and leaves nothing behind that stands in the way of the next attempt."""
    service = make_service()
    service.before = failing.words(call)
    with pytest.raises(AssertionError, match=r"cannot be (written|used).*error\.") as told:
        service.command("init")
    assert "Traceback" not in str(told.value)
    service.before = []
    assert "Keep a copy" in service.command("init")
