"""Notes that were kept elsewhere, as somebody hands them in: which are of this service, and of which of its logs."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from securemsg.crypto import checkpoints
from securemsg.crypto.checkpoints import Note
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.desk import Desk
from securemsg.errors import Refused

_NONE = "The anchor has no checkpoint in it, so there is nothing to compare the log with."
_OTHERS = "The anchor has no checkpoint of this service in it, only another's, so there is nothing to compare the log with."


@dataclass(frozen=True, slots=True)
class Given:
    """`ours` by the id of their clinic; `strange` counts those of another service, signed by another key."""

    ours: dict[str, list[Note]]
    strange: int = 0


def given(desk: Desk, texts: Iterable[str], clinic_ids: Collection[str], proofs: Proofs) -> Given:
    """Out of the texts of anchors. Refused where one of them has no checkpoint of this service in it."""
    host, each = urlsplit(desk.settings.public_url).netloc, [_notes_in(text) for text in texts]
    found = [_sorted(notes, clinic_ids, host, proofs) for notes in each]
    if not all(one.ours for one in found):
        raise Refused(_OTHERS)
    return _sorted([note for notes in each for note in notes], clinic_ids, host, proofs)


def _notes_in(text: str) -> list[Note]:
    if not (found := list(checkpoints.found_in(text))):
        raise Refused(_NONE)
    return found


def _sorted(notes: list[Note], clinic_ids: Collection[str], host: str, proofs: Proofs) -> Given:
    ours, strange = defaultdict(list), 0
    for note in notes:
        clinic_id, of = note.checkpoint.clinic_id, note.checkpoint.origin.partition("/")[0]
        if (clinic_id in clinic_ids and clinic_id != SERVICE) or of == host or note.signed_by(proofs.publics):
            ours[clinic_id].append(note)
        else:
            strange += 1
    return Given(dict(ours), strange)
