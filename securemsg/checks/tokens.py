"""Tokens of systems that will end soon: somebody has to rotate them before the systems stand outside."""

from securemsg.checks.finding import Doubtful, Patient, Skipped
from securemsg.store import tokens
from securemsg.times import DAY, now, rfc3339

_SOON_DAYS = 14
_MOST = 5  # told by name


def last_on(patient: Patient) -> str:
    if not patient.database:
        raise Skipped
    here = now()
    soon = patient.database.read(lambda tx: tokens.ending(tx, here, here + _SOON_DAYS * DAY))
    if not soon:
        return f"No token of a system ends within {_SOON_DAYS} days."
    told = "; ".join(f"{row.label!r} of {row.slug} ({row.id}) on {rfc3339(row.expires_at)[:10]}" for row in soon[:_MOST])
    more = f" and {len(soon) - _MOST} more" if len(soon) > _MOST else ""
    raise Doubtful(f"Tokens of systems end soon: {told}{more}. Run `securemsg token rotate` for each that is needed on.")
