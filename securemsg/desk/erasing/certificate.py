"""What was erased in a span of time, as counts, signed by the service (Ed25519, RFC 8032): no name, no id, no word of it."""

from collections import Counter
from typing import Any

from securemsg.crypto import statements
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.receipts import PURPOSE
from securemsg.desk.thread import is_genuine_erasure
from securemsg.errors import Refused
from securemsg.store import erasing
from securemsg.store.erasing import BROUGHT
from securemsg.times import rfc3339

KINDS = {"message": "messages", "conversation": "conversations", "person": "people"}
KIND = "erasure"


def certificate(desk: Desk, home: Clinic, since: int, until: int, now: int) -> dict[str, Any]:
    """`{clinic, from, until, made_at, erased: {conversations, messages, people}, not_vouched_for, final_after_days, key,
    signature}`.

    Counted is what this service erased: a row that somebody else put into the database, or altered, is `not_vouched_for`. What
    was removed before its record came here is neither.
    `final_after_days` is the retention of backups: when it has passed the keys are gone that could open an older copy. Verify it
    with the public keys at /receipt-keys.json, old ones too. Refused for a time that has not passed: nobody knows what it brings.
    """
    if not since < until <= now:
        raise Refused(f"A certificate is about a time that has passed, from its first moment to its last. This one would be from"
                      f" {rfc3339(since)} until {rfc3339(until)}, and it is {rfc3339(now)} now.")
    rows = desk.database.read(lambda tx: erasing.between(tx, home.id, since, until))
    found = Counter(row.object_kind for row in rows if row.object_kind in (*KINDS, BROUGHT) and is_genuine_erasure(desk, row))
    told = {"clinic": home.slug, "from": rfc3339(since), "until": rfc3339(until), "made_at": rfc3339(now),
            "erased": {name: found[kind] for kind, name in KINDS.items()}, "not_vouched_for": len(rows) - found.total(),
            "final_after_days": desk.settings.backup_retention_days}
    return statements.sign(desk.keys.active(SERVICE, PURPOSE).secret, KIND, told)
