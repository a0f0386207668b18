"""What is written beside every change: the audit row, the event, a row for each plugin that hears of it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from securemsg.crypto import audit_tree
from securemsg.crypto.envelope import Place, seal
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.listening import told
from securemsg.store import Tx, audit, outbox
from securemsg.store.audit import AuditRow
from securemsg.store.ids import new_id
from securemsg.store.outbox import EventRow, Told

_NODE = socket.gethostname()


@dataclass(frozen=True, slots=True)
class Entry:
    """Prepared outside the transaction, written inside it."""

    audit: AuditRow
    event: EventRow | None
    told: Told

    def write(self, tx: Tx) -> None:
        audit.insert(tx, self.audit)
        if self.event:
            outbox.insert_event(tx, self.event, self.told)

    def after(self, change: Callable[[Tx], bool]) -> Callable[[Tx], bool]:
        """`change`, and these rows where it changed something."""
        def write(tx: Tx) -> bool:
            done = change(tx)
            if done:
                self.write(tx)
            return done

        return write


def entry(desk: Desk, who: Who, action: str, object_kind: str, object_id: str | None, now: int, *, outcome: str = "ok",
          detail: dict | None = None, objects: tuple[tuple[str, str], ...] = (), conversation_id: str | None = None,
          message_id: str | None = None, seq: int | None = None, event: bool = True) -> Entry:
    """The rows of one act. `detail` may identify a person: it is sealed. `objects` is what a read disclosed."""
    uid = new_id()
    row = _audit_row(desk, who, uid, (action, object_kind, object_id, outcome), now, detail, objects)
    happened = EventRow(who.clinic_id, new_id(), action, conversation_id, message_id or object_id, seq, now) if event else None
    return Entry(row, happened, told(desk, who, action) if event else ())


def read_entry(desk: Desk, who: Who, action: str, object_id: str | None, now: int, objects: tuple[tuple[str, str], ...] = (),
               outcome: str = "ok") -> Entry:
    """The row of a disclosing read: committed before the content leaves; it makes no event."""
    return entry(desk, who, action, "conversation", object_id, now, objects=objects, outcome=outcome, event=False)


def _audit_row(desk: Desk, who: Who, uid: str, act: tuple, now: int, detail: dict | None, objects: tuple) -> AuditRow:
    action, object_kind, object_id, outcome = act
    listed = orjson.dumps(objects).decode() if objects else None
    address = _sealed(desk, who.clinic_id, uid, "address", who.address)
    told = _sealed(desk, who.clinic_id, uid, "detail", detail)
    facts = (who.clinic_id, uid, desk.recorded_at(now), _NODE, who.kind, who.id or None, who.session_sha256 or None, action,
             object_kind, object_id, outcome, address, who.request_id, told, listed)
    leaf = audit_tree.leaf(facts)
    key = desk.keys.active(SERVICE, "audit")
    return AuditRow(*facts, leaf, audit_tree.mac(key.secret, uid, leaf))


def _sealed(desk: Desk, clinic_id: str, uid: str, column: str, value: str | dict | None) -> bytes | None:
    if value is None or clinic_id == SERVICE:
        return None
    data = value.encode() if isinstance(value, str) else orjson.dumps(value)
    return seal(desk.keys.data(clinic_id), Place("audit", column, clinic_id, uid), data)
