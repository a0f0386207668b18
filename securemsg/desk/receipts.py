"""Receipts of what a visitor sent: one with each acknowledgement, and all of them again for whoever wants to keep them."""

from collections.abc import Iterable

from securemsg.crypto import receipts
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.thread import Message
from securemsg.store.conversations import MessageRow
from securemsg.times import rfc3339

PURPOSE = "receipt"  # of the service's key that signs them


def of(desk: Desk, clinic: Clinic, conversation_id: str, message: Message | MessageRow, text: str) -> dict:
    """The receipt of one message, as a JSON-ready object. `received_at` is not None: the message is verified, or just written."""
    seed = desk.keys.active(SERVICE, PURPOSE).secret
    received_at = rfc3339(message.received_at or 0)
    return receipts.sign(seed, clinic.slug, conversation_id, message.id or "", message.seq, received_at, text.encode())


def again(desk: Desk, clinic: Clinic, conversation_id: str, messages: Iterable[Message]) -> list[dict]:
    """Those of the visitor's own among `messages`, each with its `text`: what the service holds now, signed now, with a fresh
    salt. What could not be verified gets none."""
    own = ((message, (message.data or {}).get("text", "")) for message in messages
           if message.verified and message.author_kind == "visitor")
    return [{**of(desk, clinic, conversation_id, message, text), "text": text} for message, text in own]


def public_keys(desk: Desk) -> list[dict]:
    """The public half of every key that ever signed one and was not destroyed, the newest first."""
    kept = sorted(desk.keys.versions(SERVICE, PURPOSE), key=lambda key: -key.version)
    return [receipts.public_key(key.secret) for key in kept]
