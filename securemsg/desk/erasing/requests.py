"""A visitor asks that the own conversation be erased: done at once, or, where it has to be kept, answered by the clinic.

An enquiry that became nobody's care is erased. What belongs to care is a health record, which the right to erasure spares (GDPR
Art. 17(3)(c)); what is held is kept for a claim (17(3)(e)). Then the request waits for somebody who decides and says why.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from securemsg.crypto.envelope import Place, seal
from securemsg.desk import acts, thread
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Act, Wish
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import after_restore, conversation, holds, retention
from securemsg.desk.journal import entry
from securemsg.desk.once import Prepared, once
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.desk.thread import Draft
from securemsg.desk.visits import Visit
from securemsg.errors import Conflict, Missing
from securemsg.store import Row, Tx, conversations
from securemsg.store import holds as store
from securemsg.store.ids import new_id
from securemsg.words import Said, say

WHY = {
    "held": say("The law asks the clinic to keep this conversation for now, so it was not deleted. The clinic knows that you"
                " asked, and answers you here."),
    "care": say("This conversation belongs to your care, and the law asks the clinic to keep such records, so it was not deleted."
                " The clinic knows that you asked, and answers you here."),
}
_TRIES = 3
_REFUSED = "refused"
_REFUSE = Act("erase", "erasure.refused")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`why` is None where it was erased, else the sentence for the visitor."""

    why: Said | None = None


def ask(desk: Desk, visit: Visit, now: int) -> Outcome:
    """Erase the visitor's own conversation, or write down that this was asked for. Asked again, it is asked for once."""
    row = visit.conversation
    for _ in range(_TRIES):
        if kept := kept_as(desk, visit.clinic, row):
            if open_of(desk, row) is None:
                _note(desk, visit, kept, now)
            return Outcome(WHY[kept])
        with suppress(Conflict):  # held or answered since: then it is judged anew
            with suppress(Missing):  # erased meanwhile, from another device or by the clinic: it is as was asked
                conversation.erase(desk, visit.who, row.id, "asked for by the visitor", now, row.version)
            return Outcome()
        row = thread.again(desk, row)
    raise Conflict(retry_after_seconds=1)


def kept_as(desk: Desk, clinic: Clinic, row: Row) -> str | None:
    """Why a conversation is not erased because its visitor asks: held or care; None: it is."""
    if holds.of(desk, row.clinic_id, row.id) or after_restore.waiting_since(desk):  # a restore may have forgotten that it is held
        return "held"
    answered = desk.database.read(lambda tx: conversations.was_answered(tx, row.clinic_id, row.id))
    category = next((each.name for each in clinic.categories if each.id == row.category_id), "")
    return "care" if retention.kind_of(row.identity_level, answered, category) == "care" else None


def open_of(desk: Desk, row: Row) -> Row | None:
    """The request of this conversation that waits for its answer."""
    return desk.database.read(lambda tx: store.open_request(tx, row.clinic_id, row.id))


def waiting(desk: Desk, who: Who) -> list[Row]:
    """All that wait in the clinic: `id, conversation_id, reference, requested_at`, the longest waiting first."""
    require(who, "erase")
    return desk.database.read(lambda tx: store.open_requests(tx, who.clinic_id))


def grant(desk: Desk, who: Who, id: str, reason: str, now: int) -> None:
    """Erase the conversation that somebody asked for, for a reason that stands in the audit log."""
    conversation.erase(desk, who, id, holds.checked(reason), now)


def refuse(desk: Desk, who: Who, id: str, reason: str, key: str, now: int) -> None:
    """Keep it, and tell the visitor why: the reason is the next message in the conversation. Conflict when nobody asks
    any more."""
    require(who, "erase")
    reason = holds.checked(reason)
    asked = acts.key_of(who, id, "refuse-erasure", key, reason.encode())
    answer = once(desk, asked, now, lambda attempt: _refusing(desk, who, id, reason, now))
    tell(desk, who.clinic_id, id, "message", answer["seq"])


def _refusing(desk: Desk, who: Who, id: str, reason: str, now: int) -> Prepared:
    before = own(desk, who, id, "erase")
    asked = open_of(desk, before)
    if asked is None:
        raise Conflict("Nobody waits for an answer to such a request here.")
    wish = Wish(who, id, _REFUSE, Draft("staff", "text", {"text": reason}, who.id))
    answer, write = acts.step(desk, wish, before, now)
    sealed = seal(desk.keys.data(who.clinic_id), Place("erasure_requests", "sealed", who.clinic_id, asked.id), reason.encode())
    answered = partial(store.answer_requests, clinic_id=who.clinic_id, conversation_id=id, answer=_REFUSED, by=who.id, now=now,
                       sealed=sealed)
    return answer, lambda tx: answered(tx) == 1 and write(tx)


def _note(desk: Desk, visit: Visit, kept: str, now: int) -> None:
    row, id = visit.conversation, new_id()
    written = entry(desk, visit.who, "erasure.requested", "conversation", row.id, now, conversation_id=row.id,
                    detail={"kept": kept})

    def write(tx: Tx) -> None:
        if store.open_request(tx, row.clinic_id, row.id) is None:
            store.insert_request(tx, row.clinic_id, id, row.id, "visitor", now)
            written.write(tx)

    desk.database.write(write)
    tell(desk, row.clinic_id, row.id, "changed", thread.again(desk, row).last_seq)
