"""What was erased in a span of time, as counts, signed by the service (Ed25519, RFC 8032): no name, no id, no word of it."""

from typing import Any

from securemsg.crypto import statements
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.receipts import PURPOSE
from securemsg.store import erasing
from securemsg.times import rfc3339

KINDS = {"message": "messages", "conversation": "conversations", "person": "people"}
KIND = "erasure"


def certificate(desk: Desk, home: Clinic, since: int, until: int, now: int) -> dict[str, Any]:
    """`{clinic, from, until, made_at, erased: {conversations, messages, people}, final_after_days, key, signature}`.

    `final_after_days` is the retention of backups: when it has passed the keys are gone that could open an older copy. Verify it
    with the public keys at /receipt-keys.json, old ones too.
    """
    rows = desk.database.read(lambda tx: erasing.counted(tx, home.id, since, until))
    found = dict.fromkeys(KINDS.values(), 0) | {KINDS[row.object_kind]: row.n for row in rows if row.object_kind in KINDS}
    told = {"clinic": home.slug, "from": rfc3339(since), "until": rfc3339(until), "made_at": rfc3339(now), "erased": found,
            "final_after_days": desk.settings.backup_retention_days}
    return statements.sign(desk.keys.active(SERVICE, PURPOSE).secret, KIND, told)
