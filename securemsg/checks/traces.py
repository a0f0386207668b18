"""What proves later what happened: the audit log's seal, its anchors, backups."""

from itertools import groupby

from securemsg.checks.finding import Bad, Doubtful, Patient, Skipped
from securemsg.crypto import backup_keys
from securemsg.crypto.keyring import SERVICE, Keyring
from securemsg.desk.audit import breaks
from securemsg.desk.audit.anchors import places
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.audit.reach import fault
from securemsg.desk.audit.unseen import SEALED_WITHIN
from securemsg.desk.desk import keyring
from securemsg.errors import Misconfigured
from securemsg.store import audit, audit_breaks, clinics, state
from securemsg.store.audit_breaks import BreakRow
from securemsg.times import DAY, MINUTE, now, rfc3339

_BACKUP_DAYS = 2


def sealed(patient: Patient) -> str:
    """Rows without a number are in no signed checkpoint yet: whoever writes to the database could change them unseen."""
    if not patient.database:
        raise Skipped
    waiting = patient.database.read(lambda tx: audit.unsealed(tx, 0))
    age = now() - waiting.oldest if waiting.oldest else 0
    if not waiting.rows:
        return "The audit log is sealed up to its newest rows."
    if age < SEALED_WITHIN:
        return f"The audit log is sealed but for {waiting.rows} rows of the last minute."
    told = f"{waiting.rows} rows of the audit log wait for their seal, the oldest for {age / MINUTE:.0f} minutes"
    if patient.serving:
        raise Bad(f"{told}, though the service runs. Look into its log, and run `securemsg audit verify`.")
    raise Doubtful(f"{told}. They are sealed as soon as the service runs.")


def accepted(patient: Patient) -> str:
    """A break that somebody answers for is told with every look, for good: what lies before it proves nothing."""
    if not patient.database or not patient.keystore:
        raise Skipped
    if not (rows := patient.database.read(audit_breaks.everyone)):
        raise Skipped
    ours = _ours(keyring(patient.keystore, patient.database), rows)
    slugs = {row.id: row.slug for row in patient.database.read(clinics.everyone)} | {SERVICE: "the service"}
    if strange := sorted({str(slugs.get(row.clinic_id, row.clinic_id)) for row in rows if row not in ours}):
        raise Bad(f"Somebody wrote into the database that breaks of the audit log of {', '.join(strange)} were accepted, and this"
                  " service did not. Run `securemsg audit verify`.")
    of = "; ".join(f"of {slugs.get(row.clinic_id, row.clinic_id)} up to row {row.upto_number}, on {rfc3339(row.accepted_at)}"
                   for row in ours)
    raise Doubtful(f"The audit log is not as it was written before breaks that somebody answered for: {of}. What was found, and"
                   " whether all is well behind them, says `securemsg audit verify`.")


def _ours(keys: Keyring, rows: list[BreakRow]) -> list[BreakRow]:
    """Those that this service wrote; Skipped where the keys do not open, which was told."""
    try:
        proofs = Proofs.by(keys)
    except (Misconfigured, KeyError) as error:
        raise Skipped from error
    return [each.row for _, rows_of in groupby(rows, key=lambda row: row.clinic_id) for each in breaks.genuine(rows_of, proofs)]


def anchored(patient: Patient) -> str:
    """A copy of checkpoints elsewhere shows what the log alone cannot: a tail cut off, an older copy put back."""
    anchors = patient.settings.anchors
    faults = [f"anchor {place.name} cannot be reached ({told})" for anchor, place in zip(anchors, places(anchors), strict=True)
              if (told := fault(anchor))]
    if faults:
        raise Bad(f"Checkpoints of the audit log are not copied: {'; '.join(faults)}. Until then they cannot be compared with "
                  "anything; mend it, or name another in SECUREMSG_ANCHORS.")
    if anchors:
        return "Checkpoints of the audit log are copied to another place, which can be reached."
    raise Doubtful("No checkpoint of the audit log is copied to another place, so a log that was cut or replaced by an older one "
                   "looks whole. Keep what `securemsg audit checkpoint` prints elsewhere, every day.")


def backup_key(patient: Patient) -> str:
    """One that cannot be read stops every command; without one the next check speaks."""
    if not patient.settings.backup_key:
        raise Skipped
    key = backup_keys.public(patient.settings.backup_key, "SECUREMSG_BACKUP_KEY")
    return f"Archives are sealed for the backup key {backup_keys.key_id(key)}."


def backed_up(patient: Patient) -> str:
    if not patient.database:
        raise Skipped
    made_at = patient.database.read(state.newest_backup_at)
    if made_at is None:
        how = "Run `securemsg backup FILE`" if patient.settings.backup_key else "Begin with `securemsg backup-key FILE`"
        raise Doubtful(f"No backup was made yet. {how}; other kinds of backup are not seen from here.")
    days = (now() - made_at) / DAY
    if days > _BACKUP_DAYS:
        raise Doubtful(f"The newest backup is {days:.0f} days old. Make one every day with `securemsg backup`.")
    return f"The newest backup is {days * 24:.0f} hours old. Try it now and then with `securemsg restore --check`."
