"""Make an archive while the service serves: one unchanging view of all rows, sealed so that the service cannot read it."""

from collections.abc import Callable
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from securemsg.crypto import backup_keys, keystore
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.archive.archives import Writing
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Misconfigured
from securemsg.store import archive
from securemsg.store.archive import Form
from securemsg.store.database import Stream
from securemsg.store.ids import new_id
from securemsg.times import rfc3339


def backup_key(desk: Desk) -> X25519PublicKey:
    """The key that archives are sealed for; Misconfigured with a sentence when there is none."""
    if not desk.settings.backup_key:
        raise Misconfigured("No backup key is set. `securemsg backup-key FILE` makes one: keep FILE away from this machine, "
                            "and set SECUREMSG_BACKUP_KEY to the line it prints.")
    return backup_keys.public(desk.settings.backup_key, "SECUREMSG_BACKUP_KEY")


def back_up(desk: Desk, file: BinaryIO, now: int, tell: Callable[[int, int], None]) -> dict:
    """Write an archive of everything to `file`; its header. `tell(rows, of)` hears how far it is. Tables of an older form are
    taken as they are.

    That it is made is in the audit log before a row of it is read.
    """
    key, id, form = backup_key(desk), new_id(), archive.form(desk.database)
    Ledger(desk).reach()
    about = (("archive", id), ("backup key", backup_keys.key_id(key)))
    with desk.database.snapshot() as stream:
        counted = sum(archive.counts(stream, form).values())
    who = Who("service", SERVICE)
    desk.database.write(entry(desk, who, "service.backup", "archive", id, now, objects=(*about, ("rows", str(counted))),
                              event=False).write)
    with desk.database.snapshot() as stream:
        header = _header(desk, stream, form, id, now)
        writing = Writing(file, key, desk.keys.active(SERVICE, "receipt").secret, header)
        done, whole = 0, sum(header["counts"].values())
        for table, columns, rows in archive.rows(stream, form):
            writing.add(table, columns, rows)
            done += len(rows)
            tell(done, whole)
        writing.finish()
    return header


def _header(desk: Desk, stream: Stream, form: Form, id: str, now: int) -> dict:
    """What the archive holds, and what is needed to make use of it again. `checkpoints` are the audit log's newest."""
    needed = archive.epochs(stream)
    roots = keystore.roots_of(desk.settings.keystore)
    return {"archive": id, "made_at": rfc3339(now), "at": now, "address": desk.settings.public_url,
            "revision": form.revision, "counts": archive.counts(stream, form), "checkpoints": archive.checkpoints(stream),
            "epochs": {epoch: roots[epoch] for epoch in needed}, "ledger": Ledger(desk).length()}
