"""The drill: put an archive back into a database that nobody sees, and open everything in it with today's keys.

What is sealed stays sealed on the disk: plaintext is opened one value at a time, looked at, and let go.
"""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from securemsg import store
from securemsg.crypto import statements
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.archive.archives import Reading
from securemsg.desk.archive.opening import Tally, Unopened, open_conversations, open_values
from securemsg.desk.archive.restoring import Tell, filled
from securemsg.desk.audit import log as audit_log
from securemsg.desk.desk import Desk, open_desk
from securemsg.desk.journal import entry
from securemsg.errors import Error
from securemsg.settings import Settings
from securemsg.store import clinics
from securemsg.times import now, rfc3339


def drill(settings: Settings, file: BinaryIO, key: X25519PrivateKey, tell: Tell) -> dict:
    """What came of it, signed by the service: `result` is ok or failed, `fault` the first thing that failed.

    Refused or Misconfigured when the archive cannot be put back at all: then there are no keys to sign with.
    """
    reading = Reading(file, key)
    with TemporaryDirectory(prefix="securemsg-drill-") as folder:
        hidden = Settings({**settings, "database_url": f"sqlite:///{Path(folder) / 'drill.db'}"}, settings.environ)
        with closing(store.connect(hidden)) as database, filled(hidden, database, reading, now, tell):
            pass
        with closing(open_desk(hidden)) as desk:
            facts = {name: reading.header[name] for name in ("archive", "made_at", "address", "counts")}
            facts |= {"checked_at": rfc3339(now()), "checkpoints": _in_one_line(reading.header), **_opened(desk, reading.header)}
            return statements.sign(desk.keys.active(SERVICE, "receipt").secret, "drill", facts)


def _opened(desk: Desk, header: dict) -> dict:
    """Open and verify all there is, up to the first fault."""
    tally, audited, fault = Tally(), 0, None
    try:
        audited = _audited(desk, header)
        open_values(desk, tally)
        open_conversations(desk, tally)
    except (Unopened, Error) as found:
        fault = str(found)
    return {"result": "failed" if fault else "ok", "fault": fault, "opened": dict(tally.counts), "erased": tally.erased,
            "audited": audited}


def _audited(desk: Desk, header: dict) -> int:
    """How many rows of the audit log are as they were written, up to the checkpoints that the header names."""
    report = audit_log.verify(desk, header["checkpoints"].values())
    if bad := report.first_fault:
        raise Unopened(f"The audit log of {bad.clinic}: {bad.fault}")
    return report.rows


def _in_one_line(header: dict) -> dict[str, str]:
    """The checkpoints of the moment of the backup, as `securemsg audit verify --anchor` finds them in a file of any kind."""
    return {clinic: " ".join(note.split()) for clinic, note in header["checkpoints"].items()}


def note(settings: Settings, result: dict) -> None:
    """Write into the living service's audit log what came of a drill; nothing where no service lives yet."""
    if not _lives(settings):
        return
    with closing(open_desk(settings)) as desk:
        objects = (("archive", result["archive"]), ("made_at", result["made_at"]), ("signature", result["signature"]))
        outcome = "ok" if result["result"] == "ok" else "failed"
        row = entry(desk, Who("service", SERVICE), "service.drill", "archive", result["archive"], now(), outcome=outcome,
                    objects=objects, event=False)
        desk.database.write(row.write)


def _lives(settings: Settings) -> bool:
    """Whether this service's database is there and has keys; looks without making anything."""
    url = make_url(settings.database_url)
    if url.drivername == "sqlite" and not Path(url.database or "").exists():
        return False
    with closing(store.connect(settings)) as database:
        return inspect(database.engine).has_table("keys") and database.read(clinics.any_keys)
