"""Root key, keystore, and whether they open what is stored."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from securemsg.checks.finding import Bad, Doubtful, Patient, Skipped
from securemsg.crypto import keystore, roots
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.desk import keyring
from securemsg.desk.keys.apart import apart
from securemsg.desk.keys.status import unfinished
from securemsg.errors import Misconfigured
from securemsg.settings import Settings
from securemsg.store import clinics
from securemsg.times import now


def roots_are_safe(patient: Patient) -> str:
    """Each can be read; a file belongs to this user alone, is no link and lies outside the data (roots.py refuses others)."""
    settings = patient.settings
    if is_new(settings):
        raise Bad("There are no keys yet. Run `securemsg init`; if there were any, put them back.")
    with _told_with_advice("SECUREMSG_ROOT_KEY"):
        patient.roots = roots.read_all(settings.root_key, settings.environ, settings.data)
    places = [spec[5:] if spec.startswith("file:") else f"from {spec.partition(':')[0]}" for spec in settings.root_key]
    return f"The root key is there ({', '.join(places)}). Keep a copy, apart from the data's."


def is_new(settings: Settings) -> bool:
    """Whether no key was ever made here, as far as files show."""
    files = (Path(root[5:]) for root in settings.root_key if root.startswith("file:"))
    return not any(path.exists() for path in (settings.keystore, *files))


@contextmanager
def _told_with_advice(setting: str) -> Iterator[None]:
    """What is wrong with a key, and what to do where the sentence does not say it."""
    try:
        yield
    except Misconfigured as error:
        advice = "" if re.search("Put it back|; run: |; name |Move it", error.detail) else \
            f" Put the right one back from your copy, or name it with {setting}."
        raise Bad(error.detail + advice) from error


def keystore_opens(patient: Patient) -> str:
    """Every epoch opens with the root keys."""
    settings = patient.settings
    if not patient.roots:
        raise Skipped
    try:
        with _told_with_advice("SECUREMSG_KEYSTORE"):
            opened = keystore.read(settings.keystore, patient.roots)
    except roots.Away as away:
        raise Bad(f"{away.detail} A service that runs goes on; one that starts waits for it.") from away
    patient.keystore = opened
    if stat.S_IMODE(settings.keystore.stat().st_mode) & 0o077:
        raise Doubtful(f"The keystore {settings.keystore} can be read by others; run: chmod 600 {settings.keystore}")
    return f"The keystore {settings.keystore} opens with the root key; it holds {len(opened.epochs)} epoch key(s). " \
           "It changes at each night after something was erased: copies of it made before are stale then."


def copy_is_the_same(patient: Patient) -> str:
    """The second copy, where one is named, holds what the keystore holds."""
    if not (patient.settings.keystore_copy and patient.keystore):
        raise Skipped
    if fault := fault_of_copy(patient.settings):
        raise Bad(fault)
    return f"The copy {patient.settings.keystore_copy} holds what the keystore holds."


def fault_of_copy(settings: Settings) -> str:
    """What is wrong with the second copy of the keystore, where one is named, in a sentence; or nothing."""
    copy = settings.keystore_copy
    try:
        if not copy or keystore.is_copy(settings.keystore, copy):
            return ""
    except OSError as error:
        return (f"The copy {copy} of the keystore cannot be read: {error.strerror}. Let this user read and write it, "
                "or name the right one with SECUREMSG_KEYSTORE_COPY.")
    return (f"The copy {copy} of the keystore is missing or stale: with it alone, what came since would not open. See "
            "that its disk is there and that this user may write to its folder: the next night tries again.")


def ledger_takes_lines(patient: Patient) -> str:
    """Where it cannot be written, an erasure or a revocation could come back with an old backup."""
    path = patient.settings.ledger
    if is_new(patient.settings):
        raise Skipped
    there = next(each for each in (path, *path.parents) if each.exists())
    if not os.access(there, os.W_OK) or not (there == path or there.is_dir()):
        raise Bad(f"The ledger {path} may not be written by this user: what was revoked or erased could come back with a "
                  "restored backup. Put it where this user may write, or: chown it.")
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Doubtful(f"The ledger {path} can be read or written by others; run: chmod 600 {path}")
    return f"The ledger {path} takes what is revoked and erased. Keep a copy with the keys."


def folders_are_closed(patient: Patient) -> str:
    """Whoever may write to the folder of a key takes it away, or puts another there."""
    settings = patient.settings
    files = (*(Path(root[5:]).absolute() for root in settings.root_key if root.startswith("file:")), settings.keystore,
             settings.ledger)
    folders = sorted({path.parent for path in files if path.parent.is_dir()})
    if not folders:
        raise Skipped
    for folder in folders:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o022:
            whose = "anybody" if mode & 0o002 else "its group"
            raise (Bad if mode & 0o002 else Doubtful)(
                f"The folder {folder} of the keys can be changed by {whose}, who could take them away; run: chmod 700 {folder}")
    return f"Nobody else may change the folder of the keys ({', '.join(map(str, folders))})."


def all_open(patient: Patient) -> str:
    """The service's keys and each clinic's, as they are stored."""
    if not (patient.database and patient.keystore):
        raise Skipped
    everyone, keys = patient.database.read(clinics.everyone), keyring(patient.keystore, patient.database)
    try:
        keys.active(SERVICE, "audit")
    except KeyError as error:
        raise Bad("The service's own keys are not in the database: `securemsg restore` a backup into an empty one.") from error
    for row in everyone:
        try:
            keys.active(row.id, "clinic")
        except (Misconfigured, KeyError) as error:
            raise Bad(f"The keys of the clinic {row.slug} do not open: {getattr(error, 'detail', 'they are missing')}") from error
    return f"The keys of the service and of {len(everyone)} clinic(s) open."


def rotated_to_the_end(patient: Patient) -> str:
    """A rotation that was killed leaves keys under an old one, which then cannot be destroyed."""
    if not (patient.database and patient.keystore):
        raise Skipped
    if commands := unfinished(patient.database, patient.keystore.active):
        named = " and ".join(f"`{command}`" for command in commands)
        raise Doubtful(f"A rotation of keys has begun and not ended. Unless one is under way just now, run {named}; until then "
                       "the old keys cannot be destroyed, and what was erased opens still in old copies.")
    return "No rotation of keys is left unfinished."


def one_for_all(patient: Patient) -> str:
    """Whether every process that runs on this database works with this keystore."""
    if not (patient.database and patient.keystore):
        raise Skipped
    if different := next(apart(patient.database, patient.settings.keystore, now()), None):
        raise Bad(f"{different} A process that was killed is told of for three minutes more.")
    return "No process that runs on this database works with another keystore."
