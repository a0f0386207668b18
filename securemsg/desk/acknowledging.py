"""What a visitor gets for a message, the first or a later one, and who hears that there is one."""

import orjson

from securemsg.desk import receipts
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.thread import Draft
from securemsg.live import Signal
from securemsg.store.conversations import MessageRow


def acknowledged(desk: Desk, clinic: Clinic, row: MessageRow, draft: Draft, answer: tuple[dict, ...]) -> dict:
    """What the visitor gets for a message: the message itself, a signed receipt, and what plugins answer at once."""
    receipt = receipts.of(desk, clinic, row.conversation_id, row, draft.data.get("text", ""))
    return {"message": as_read(row, draft), "receipt": receipt, "answer": list(answer)}


def as_read(row: MessageRow, draft: Draft) -> dict:
    """A message as its readers will get it, for who has just written it."""
    return {"id": row.id, "seq": row.seq, "author_kind": row.author_kind, "author_id": None, "kind": row.kind,
            "received_at": row.received_at, "verified": True, "data": draft.data}


def tell(desk: Desk, clinic_id: str, conversation_id: str, seq: int) -> None:
    desk.live.publish(("conversation", clinic_id, conversation_id), Signal("message", conversation_id, seq))
    desk.live.publish(("clinic", clinic_id), Signal("changed", conversation_id, seq))


def canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
