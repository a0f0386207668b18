"""Whether somebody reads what visitors write: in each clinic, and in each pool that is in use."""

from securemsg.checks.finding import Doubtful, Patient, Skipped
from securemsg.desk import Desk, looked_after
from securemsg.desk.desk import keyring
from securemsg.errors import Misconfigured, Unverified
from securemsg.live import Live
from securemsg.store import clinics


def there(patient: Patient) -> str:
    """Keys that do not open were told by their own check."""
    if not (patient.database and patient.keystore):
        raise Skipped
    desk = Desk(patient.settings, patient.database, keyring(patient.keystore, patient.database), Live())
    try:
        faults = [sentence for row in desk.database.read(clinics.everyone) for sentence in _faults(desk, row.id, row.slug)]
    except (Misconfigured, Unverified, KeyError):
        raise Skipped from None
    if faults:
        raise Doubtful(" ".join(faults))
    return "In every clinic somebody who has signed in reads what visitors write."


def _faults(desk: Desk, clinic_id: str, slug: str) -> list[str]:
    if not looked_after.readers(desk, clinic_id):
        return [f"Nobody who has signed in may read what visitors write at {slug}: give somebody a role that does with"
                f" `securemsg staff roles {slug}`, or a link to sign in with `securemsg staff link {slug}`."]
    return [f"{slug}: {sentence}" for sentence in looked_after.warnings(desk, clinic_id)]
