"""Put an archive into an empty database, all of it or nothing; what ended since then stays ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from securemsg import store
from securemsg.crypto import keystore, roots, vouching
from securemsg.crypto.keyring import SERVICE, Keyring
from securemsg.desk.access import Who
from securemsg.desk.archive.aftermath import Replayed, settle
from securemsg.desk.archive.archives import STRANGE, Reading
from securemsg.desk.archive.ledger import GAP, Ledger, service_line
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Misconfigured, Refused
from securemsg.live import Live
from securemsg.settings import Settings
from securemsg.store import Database, archive, clinics, happenings
from securemsg.store.archive import Filling
from securemsg.store.sqlite import Sqlite, claim

Tell = Callable[[int, int], None]  # rows done, of how many


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what the ledger added."""

    header: dict
    replayed: Replayed


def restore(settings: Settings, file: BinaryIO, key: X25519PrivateKey, clock: Callable[[], int], tell: Tell) -> Restored:
    """Fill this service's empty database from an archive. Every fault is a sentence, and then nothing was changed."""
    reading = Reading(file, key)
    database = store.connect(settings)
    try:
        with _not_serving(database), filled(settings, database, reading, clock, tell) as (desk, filling):
            now = clock()
            replayed = settle(desk, filling.tx, reading.header, now)
            happenings.leap(filling.tx, now)
            _noted(desk, reading.header, replayed, now).write(filling.tx)
        Ledger(desk).add([service_line(GAP if replayed.sentence else "restored", now, reading.header["archive"])])
        return Restored(reading.header, replayed)
    finally:
        database.close()


@contextmanager
def filled(settings: Settings, database: Database, reading: Reading, clock: Callable[[], int],
           tell: Tell) -> Iterator[tuple[Desk, Filling]]:
    """The database with all rows of a genuine archive in it, not yet committed, and a desk that opens them."""
    kept = _keystore(settings, reading.header)
    with archive.filling(database, reading.header["revision"]) as filling:
        keys = Keyring(kept, partial(clinics.keys, filling.tx))
        try:
            _fill(filling, reading, keys, tell)
        except (KeyError, TypeError, ValueError, OverflowError) as error:  # until it is proven genuine it may be anything
            raise Refused(STRANGE) from error
        yield Desk(settings, database, keys, Live(), clock), filling


def _fill(filling: Filling, reading: Reading, keys: Keyring, tell: Tell) -> None:
    """All rows, in the newest form; then it shows whether they are the service's own."""
    done, whole = 0, sum(reading.header["counts"].values())
    for table, columns, rows in reading.batches():
        filling.add(table, columns, rows)
        done += len(rows)
        tell(done, whole)
    filling.modernize(partial(vouching.vouch, keys.active(SERVICE, "rows").secret))
    reading.require_genuine(keys.active(SERVICE, "receipt").secret)


def _keystore(settings: Settings, header: dict) -> keystore.Keystore:
    """The keystore, if it has every epoch that this archive needs."""
    kept = keystore.read(settings.keystore, roots.read_all(settings.root_key, settings.environ, settings.data))
    if lacking := [epoch for epoch in header["epochs"] if epoch not in kept.epochs]:
        raise Refused(f"This archive needs the epoch {lacking[0]}, which the keystore {settings.keystore} does not hold. Either "
                      "it is another service's, or the epoch was destroyed since: then what was erased stays erased, and "
                      "this archive opens no more. Nothing was changed.")
    return kept


def _not_serving(database: Database):
    """Hold the right to serve meanwhile. PostgreSQL needs no such lock: a service that runs has rows there."""
    if not isinstance(database, Sqlite):
        return nullcontext()
    try:
        return claim(database)
    except Misconfigured:
        raise Misconfigured("The service is running on this database. Stop it, and restore into an empty one.") from None


def _noted(desk: Desk, header: dict, replayed: Replayed, now: int):
    """The audit log goes on from where the archive's ended, and says so: which archive, how far each clinic's log reached."""
    reached = (("checkpoint", f"{clinic} {note.splitlines()[1]}") for clinic, note in sorted(header["checkpoints"].items()))
    ledger = ("ledger", "complete" if not replayed.sentence else "not complete")
    objects = (("archive", header["archive"]), ("made_at", header["made_at"]), ledger, *reached)
    return entry(desk, Who("service", SERVICE), "service.restored", "archive", header["archive"], now, objects=objects,
                 event=False)
