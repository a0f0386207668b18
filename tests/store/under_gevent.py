"""What test_write.py runs in a process of its own: writers as greenlets, one lock in their way, and a heartbeat."""
# ruff: noqa: E402  gevent patches before anything else is imported

from gevent import monkey

monkey.patch_all()

import fcntl
import json
import struct
import sys
from contextlib import contextmanager
from pathlib import Path

import gevent
import psycopg
from gevent.event import Event

from securemsg import settings, store
from securemsg.store.ids import new_id

CLINIC = "00000000-0000-0000-0000-000000000000"


def main(url):
    database = store.connect(settings.load({"SECUREMSG_DATABASE_URL": url}))
    database.write(lambda tx: tx.one("SELECT 1 AS one"))
    seen, results = {"results": {}}, {}
    commits = commits_in_wal(url)
    with held(url):
        writers = [gevent.spawn(write, database, number, results) for number in range(32)]
        gevent.sleep(0)
        seen["beats_while_all_waited"] = heartbeat(50)
        seen["done_while_all_waited"] = len(results)
        gone = gevent.spawn(database.write, lambda tx: None)
        gevent.sleep(0.02)
        gone.kill()  # a caller who goes away while waiting takes nobody along
    gevent.joinall(writers, timeout=20, raise_error=True)
    seen["commits"] = commits_in_wal(url) - commits
    seen["results"] = results
    seen["stored"] = sorted(row.kind for row in database.read(lambda tx: tx.everywhere.all("SELECT kind FROM events")))
    database.close()
    print(json.dumps(seen))


def write(database, number, results):
    def fn(tx):
        tx.insert("events", clinic_id=CLINIC, id=new_id(), kind=f"kept {number}", happened_at=0)
        if number == 5:
            tx.run("INSERT INTO events (clinic_id, kind) VALUES (:clinic, 'x')", clinic=CLINIC)
        return 1 / 0 if number == 11 else f"kept {number}"

    try:
        results[number] = database.write(fn)
    except Exception as error:
        results[number] = type(error).__name__


def heartbeat(beats):
    """So many beats, each of them a turn of the event loop; a blocked one would never come to an end."""
    counted, enough = 0, Event()

    def beat():
        nonlocal counted
        while counted < beats:
            counted += 1
            gevent.sleep(0.004)
        enough.set()

    gevent.spawn(beat)
    enough.wait(10)
    return counted


@contextmanager
def held(url):
    """Somebody else holds what every writer needs: the writers' file on SQLite, the table on PostgreSQL."""
    if url.startswith("sqlite"):
        with open(Path(url.removeprefix("sqlite:///")).with_name("writer.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    else:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            yield


def commits_in_wal(url):
    """Frames of SQLite's write-ahead log that end a transaction (file format, section 4.1)."""
    path = Path(url.removeprefix("sqlite:///") + "-wal")
    data = path.read_bytes() if path.exists() else b""
    if not data:
        return 0
    frame = 24 + struct.unpack(">I", data[8:12])[0]
    return sum(struct.unpack(">I", data[at + 4:at + 8])[0] > 0 for at in range(32, len(data) - frame + 1, frame))


main(sys.argv[1])
