"""What a check of the log cannot see, said with every result; and rows that wait for their seal for longer than they should."""

from collections.abc import Mapping
from contextlib import suppress

from securemsg import times
from securemsg.desk.desk import Desk
from securemsg.errors import Unavailable
from securemsg.store import Lease, audit, lease
from securemsg.store.ids import first_id
from securemsg.times import MINUTE, looks, rfc3339

# What the database alone cannot tell.
UNSEEN = ("that the newest rows were cut off together with their checkpoints, or removed before they were sealed",
          "that an older copy of the database was put back",
          "that the log was written anew and signed with the service's own key, stolen")
SEALED_WITHIN = MINUTE  # it is done every second
_PATIENCE_SECONDS = 25  # who leads looks only every 20 seconds for rows that come with an old id, of a clock that is behind


def beyond(clinic: str, anchored_upto: int, signed_at: int) -> tuple[str, ...]:
    """Of one clinic, of which the anchor holds a checkpoint of so many rows; or none, at 0."""
    if not anchored_upto:
        return tuple(f"of {clinic}, of which the anchor holds no checkpoint to compare: {each}" for each in UNSEEN)
    signed = f"signed {rfc3339(signed_at)}, " if signed_at else ""
    return (f"of {clinic}: that rows after number {anchored_upto}, the last that the anchor knows, {signed}were cut off, written"
            " anew with the service's own key, or removed before they were sealed",)


def waiting(clinic: str, rows: int, since: int) -> str:
    """Rows are there that wait, as they do between two looks of who seals, or as long as no service runs."""
    return f"of {clinic}: that rows were removed which, like the {rows} here, have waited for their seal since {rfc3339(since)}"


def stuck(desk: Desk, oldest: Mapping[str, str]) -> set[str]:
    """The clinics whose oldest row without a number, by its id, waits for more than a minute, though somebody leads.

    Where nobody leads the service is stopped, which is no fault. Who leads is given some time before it is blamed.
    """
    first, lead = first_id(times.now() - SEALED_WITHIN), lease(desk.database)
    late = {clinic_id for clinic_id, id in oldest.items() if id < first}
    for _ in looks(_PATIENCE_SECONDS):
        late = {clinic_id for clinic_id in late if _waits(desk, clinic_id, oldest[clinic_id])}
        if not late:
            break
        if not _is_led(lead):
            return set()
    lead.release()
    return late


def _waits(desk: Desk, clinic_id: str, id: str) -> bool:
    return desk.database.read(lambda tx: audit.waits(tx, clinic_id, id))


def _is_led(lead: Lease) -> bool:
    """By another. A lead that is free is taken and given back at once."""
    with suppress(OSError, Unavailable):  # a folder that cannot be written has no leader either
        if not lead.held():
            return True
    lead.release()
    return False
