"""Erase what one message says, in a conversation that goes on: who looks sees that something was removed, and when it came."""

from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import holds, resealing
from securemsg.desk.journal import entry
from securemsg.desk.once import Moved
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.desk.thread import erasure_facts
from securemsg.errors import Conflict, Missing
from securemsg.store import Row, Tx, conversations, erasing

_TRIES = 3
_NONE = "There is no such message in this conversation, or it was removed already."


def erase(desk: Desk, who: Who, conversation_id: str, message_id: str, reason: str, now: int) -> None:
    """Remove its content. All that stays gets another key, so that no copy of the old key opens what was removed.

    Conflict while the conversation is held, or when it keeps changing; Unverified, with a sentence, where it is not whole. What a
    plugin made of the message meanwhile, as an appointment, is not found here: erase the conversation for that.
    """
    if who.kind != "service":
        require(who, "erase")
    for _ in range(_TRIES):
        before = own(desk, who, conversation_id, "erase")
        known = holds.guard(desk, before.clinic_id, before.id)
        seq = _seq(desk, before, message_id)
        anew = resealing.without(desk, before, message_id)
        written = entry(desk, who, "message.erased", "conversation", before.id, now, conversation_id=before.id,
                        message_id=message_id, seq=seq, detail={"reason": reason}, objects=(("message", message_id),))
        mac = desk.vouch(*erasure_facts(before.clinic_id, "message", message_id, now))

        def write(tx: Tx, before=before, known=known, anew=anew, written=written, mac=mac) -> None:
            if not (holds.unchanged(tx, before.clinic_id, before.id, known) and anew.write(tx)):
                raise Moved
            erasing.erase(tx, "message", before.clinic_id, message_id, now, mac)
            written.write(tx)

        try:
            desk.database.write(write)
        except Moved:
            continue
        desk.keys.forget_conversation(before.clinic_id, before.id)
        desk.database.scrub()
        return tell(desk, before.clinic_id, before.id, "removed", seq)
    raise Conflict(retry_after_seconds=1)


def _seq(desk: Desk, before: Row, message_id: str) -> int:
    """The number of a message of this conversation that still says something."""
    found = desk.database.read(lambda tx: conversations.message(tx, before.clinic_id, message_id))
    gone = desk.database.read(lambda tx: any(erasing.erasure(tx, before.clinic_id, kind, message_id)
                                             for kind in ("message", erasing.BROUGHT)))
    if found is None or gone or found.conversation_id != before.id:
        raise Missing(_NONE)
    return found.seq
