"""One check after the other; none keeps the next from being made."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from securemsg.checks import addresses, data, keys, machine, plugins, readers, tokens, traces
from securemsg.checks.finding import Bad, Doubtful, Finding, Patient, Skipped, away
from securemsg.errors import Misconfigured, Unavailable, Unusable
from securemsg.logs import place
from securemsg.settings import load

CHECKS: tuple[tuple[str, Callable[[Patient], str]], ...] = (
    # later ones may use what earlier ones opened
    ("plugins", plugins.loaded), ("root key", keys.roots_are_safe), ("keystore", keys.keystore_opens),
    ("keystore copy", keys.copy_is_the_same),
    ("ledger", keys.ledger_takes_lines), ("key folders", keys.folders_are_closed), ("data folder", data.folder),
    ("database", data.answers), ("tables", data.tables), ("clinics apart", data.apart), ("keys", keys.all_open),
    ("rotation", keys.rotated_to_the_end), ("one keystore", keys.one_for_all), ("writing", data.takes_writes),
    ("disk", machine.room), ("clock", machine.clock), ("addresses", addresses.fit), ("metrics", addresses.metrics),
    ("service", addresses.serves), ("audit log", traces.sealed), ("audit breaks", traces.accepted),
    ("anchors", traces.anchored), ("backup key", traces.backup_key), ("backup", traces.backed_up),
    ("tokens", tokens.last_on), ("readers", readers.there),
    ("memory", machine.memory), ("connections", machine.connections))


def examined(environ: Mapping[str, str] | None = None) -> list[Finding]:
    """All findings, in the order of CHECKS, one for each fault; without settings that fit, there is only that to say."""
    try:
        patient = Patient(load(environ if environ is not None else os.environ))
    except Misconfigured as error:
        return [Finding("settings", "fail", error.detail)]
    found = [Finding("settings", "ok", "The settings can be read and fit together.")]
    with _closed(patient):
        found += [finding for name, check in CHECKS if (finding := _made(name, check, patient))]
    return found


def _made(name: str, check: Callable[[Patient], str], patient: Patient) -> Finding | None:
    try:
        return Finding(name, "ok", check(patient))
    except Skipped:
        return None
    except Doubtful as doubt:
        return Finding(name, "warn", str(doubt))
    except Bad as fault:
        return Finding(name, "fail", str(fault))
    except Misconfigured as error:
        if isinstance(error, Unusable):
            patient.give_up_database()
        return Finding(name, "fail", error.detail)
    except Unavailable as error:
        patient.give_up_database()
        return Finding(name, "fail", away(patient, error))
    except Exception as error:  # whatever else it is: the other checks shall be made
        return Finding(name, "fail", f"This could not be looked at: {type(error).__name__} at {place(error.__traceback__, 1)}. "
                                     "Please report this line; it holds nobody's data.")


@contextmanager
def _closed(patient: Patient) -> Iterator[None]:
    try:
        yield
    finally:
        patient.give_up_database()
