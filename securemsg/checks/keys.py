"""Root key, keystore, and whether they open what is stored."""

import os
import stat
from pathlib import Path

from securemsg.checks.finding import Bad, Doubtful, Patient, Skipped
from securemsg.crypto import keystore, roots
from securemsg.crypto.keyring import SERVICE, Keyring
from securemsg.errors import Misconfigured
from securemsg.settings import Settings
from securemsg.store import clinics


def roots_are_safe(patient: Patient) -> str:
    """Each can be read; a file belongs to this user alone, is no link and lies outside the data (roots.py refuses others)."""
    settings = patient.settings
    if _is_new(settings):
        raise Bad("There are no keys yet. Run `securemsg init`; if there were any, put them back.")
    roots.read_all(settings.root_key, settings.environ, settings.data)
    places = [spec[5:] if spec.startswith("file:") else f"from {spec.partition(':')[0]}" for spec in settings.root_key]
    return f"The root key is there ({', '.join(places)}). Keep a copy, apart from the data's."


def _is_new(settings: Settings) -> bool:
    files = (Path(root[5:]) for root in settings.root_key if root.startswith("file:"))
    return not any(path.exists() for path in (settings.keystore, *files))


def keystore_opens(patient: Patient) -> str:
    """Every epoch opens with the root keys."""
    settings = patient.settings
    if _is_new(settings):
        raise Skipped
    opened = keystore.read(settings.keystore, roots.read_all(settings.root_key, settings.environ, settings.data))
    patient.keystore = opened
    if stat.S_IMODE(settings.keystore.stat().st_mode) & 0o077:
        raise Doubtful(f"The keystore {settings.keystore} can be read by others; run: chmod 600 {settings.keystore}")
    return f"The keystore {settings.keystore} opens with the root key; it holds {len(opened.epochs)} epoch key(s)."


def ledger_takes_lines(patient: Patient) -> str:
    """Where it cannot be written, an erasure or a revocation could come back with an old backup."""
    path = patient.settings.ledger
    if _is_new(patient.settings):
        raise Skipped
    there = next(each for each in (path, *path.parents) if each.exists())
    if not os.access(there, os.W_OK) or not (there == path or there.is_dir()):
        raise Bad(f"The ledger {path} may not be written by this user: what was revoked or erased could come back with a "
                  "restored backup. Put it where this user may write, or: chown it.")
    return f"The ledger {path} takes what is revoked and erased. Keep a copy with the keys."


def all_open(patient: Patient) -> str:
    """The service's keys and each clinic's, as they are stored."""
    if not (patient.database and patient.keystore):
        raise Skipped
    read, everyone = patient.database.read, patient.database.read(clinics.everyone)
    keys = Keyring(patient.keystore, lambda clinic: read(lambda tx: clinics.keys(tx, clinic)))
    keys.active(SERVICE, "audit")
    for row in everyone:
        try:
            keys.active(row.id, "clinic")
        except (Misconfigured, KeyError) as error:
            raise Bad(f"The keys of the clinic {row.slug} do not open: {getattr(error, 'detail', 'they are missing')}") from error
    return f"The keys of the service and of {len(everyone)} clinic(s) open."
