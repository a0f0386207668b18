"""Erase a whole conversation: its keys and all that was said, kept or planned in it. A tombstone stays, without a word."""

from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import holds
from securemsg.desk.journal import entry
from securemsg.desk.once import Moved
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.desk.thread import again, erasure_facts
from securemsg.errors import Conflict, Missing
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations, erasing, outbox
from securemsg.store import holds as store_holds

ERASED = "erased"  # the answer to a request
_GONE = "This conversation was erased just now."
_MOVED = "Something happened in this conversation just now, so it was not erased. Please look at it again."


def erase(desk: Desk, who: Who, id: str, reason: str, now: int, judged: int | None = None) -> None:
    """Erase it, whoever asked for it; `reason` stands in the audit log. Conflict, with the sentence, while it is held, or when it
    is not in the version any more that was `judged`.

    Its visitors' sessions and streams end, plugins hear of it after the commit, and the ledger keeps it erased after a restore.
    """
    if who.kind not in ("service", "visitor"):
        require(who, "erase")
    row = own(desk, who, id, "erase")
    known = holds.guard(desk, row.clinic_id, id)
    written = entry(desk, who, "conversation.erased", "conversation", id, now, conversation_id=id, detail={"reason": reason})
    mac = desk.vouch(*erasure_facts(row.clinic_id, "conversation", id, now))

    def write(tx: Tx) -> tuple[str, ...]:
        if not (conversations.touch(tx, row.clinic_id, id, judged) and holds.unchanged(tx, row.clinic_id, id, known)):
            raise Moved
        ended = _end_sessions(tx, row, now)
        erasing.erase(tx, "conversation", row.clinic_id, id, now, mac)
        store_holds.answer_requests(tx, row.clinic_id, id, ERASED, who.id if who.kind == "staff" else None, now)
        written.write(tx)
        return ended

    try:
        ended = desk.database.write(write)
    except Moved:
        holds.guard(desk, row.clinic_id, id)
        raise (Missing(_GONE) if again(desk, row).erased_at else Conflict(_MOVED)) from None
    _gone(desk, row, ended)


def _end_sessions(tx: Tx, row: Row, now: int) -> tuple[str, ...]:
    """Every process hears that they ended, and so does the ledger."""
    ended = erasing.living_sessions(tx, row.clinic_id, row.id)
    for session in ended:
        outbox.insert_revocation(tx, row.clinic_id, "session", session, now)
    return ended


def _gone(desk: Desk, row: Row, ended: tuple[str, ...]) -> None:
    """After the commit: nothing of it stays in this process's memory or in the database's log, and nobody goes on looking."""
    desk.keys.forget_conversation(row.clinic_id, row.id)
    desk.database.scrub()
    for session in ended:
        desk.live.publish(("session", session), Signal("end"))
    tell(desk, row.clinic_id, row.id, "changed", row.last_seq)
