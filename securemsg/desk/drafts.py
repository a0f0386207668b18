"""What somebody has begun to write in a conversation: sealed for this person alone, until it is sent or put away.

The row stays, empty, once there was one: its version tells a save that was under way when the text was sent that it is late.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk import thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.reach import own
from securemsg.errors import Conflict, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations, pending
from securemsg.store.ids import new_id
from securemsg.words import say

_ELSEWHERE = say(
    "You wrote on in another window or on another computer. This text is kept here, but it is not saved as the draft.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply and a note that were begun. `version` 0: none was ever saved."""

    reply: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    version: int = 0
    saved_at: int | None = None


def find(desk: Desk, who: Who, row: Row) -> Draft:
    """This person's own draft in a conversation that is open before them; an altered one counts as none."""
    return _opened(desk, who, row, _stored(desk, who, row))


def save(desk: Desk, who: Who, id: str, reply: str | None, note: str | None, version: int, now: int) -> int:
    """Keep both texts (None: as it is) in place of the draft of that version; its new version. Conflict when there is another,
    unless these texts go on from that one: a page that was left does not hear that its last save arrived.

    Who looks at the conversation, or at the list, hears that this person is at it: for a while, and nothing is written of it.
    """
    require(who, "reply")
    # Twice: a page that is left and the one that follows it save at the same time, and the later one goes on from the other;
    # or the conversation has another key by now.
    saved = (_save(desk, who, own(desk, who, id), reply, note, version, now)
             or _save(desk, who, own(desk, who, id), reply, note, version, now))
    if not saved:
        raise Conflict(_ELSEWHERE)
    desk.live.publish(("clinic", who.clinic_id), Signal("typing", id, int(bool(reply and reply.strip())), who.id))
    return saved


def _save(desk: Desk, who: Who, row: Row, reply: str | None, note: str | None, version: int, now: int) -> int:
    """The new version, or 0 where there is another draft than the caller knows."""
    stored = _stored(desk, who, row)
    begun = _opened(desk, who, row, stored)
    rest = _changed(begun, reply, note)
    version = begun.version if _goes_on(begun.reply, rest.reply) and _goes_on(begun.note, rest.note) else version
    return version + 1 if desk.database.write(_saving(desk, who, row, replace(rest, version=version), stored, now)) else 0


def cleared(desk: Desk, who: Who, row: Row, now: int, version: int | None, *, reply: str | None = None,
            note: str | None = None) -> Callable[[Tx], bool]:
    """For the write that sends a text, typed over the draft of that version: it is a draft no longer. What is None stays as it
    is, and so does a draft that was saved elsewhere since then, unless all of it was sent.

    The write returns False when the draft moved in between. Systems have no drafts.
    """
    if who.kind != "staff":
        return lambda tx: True
    stored = _stored(desk, who, row)
    begun = _opened(desk, who, row, stored)
    newer = version not in (None, begun.version)
    rest = replace(begun, reply=_rest(begun.reply, reply, newer), note=_rest(begun.note, note, newer))
    return _saving(desk, who, row, rest, stored, now)


def given_back(desk: Desk, who: Who, row: Row, reply: str, now: int) -> Callable[[Tx], bool]:
    """The same for a reply that does not go out: it stands before what was begun since."""
    return returned(desk, who, row, reply, _stored(desk, who, row), now)


def returned(desk: Desk, who: Who, row: Row, reply: str, stored: Row | None, now: int) -> Callable[[Tx], bool]:
    """The same where the `stored` draft was read already."""
    begun = _opened(desk, who, row, stored)
    return _saving(desk, who, row, replace(begun, reply="\n\n".join(filter(None, (reply, begun.reply)))), stored, now)


def place(clinic_id: str, id: str, conversation_id: str, person_id: str) -> Place:
    """Where a draft is sealed: it opens for nobody else, and in no other conversation."""
    return Place("drafts", "sealed", clinic_id, id, conversation_id, person_id)


def _goes_on(begun: str, text: str) -> bool:
    """Nothing that was begun is lost. What is empty may have been sent: a late save must not bring that back."""
    return text == begun or (begun != "" and text.startswith(begun))


def _rest(begun: str, sent: str | None, newer: bool) -> str:
    return begun if sent is None or (newer and begun not in sent) else ""


def _changed(draft: Draft, reply: str | None, note: str | None) -> Draft:
    return replace(draft, reply=draft.reply if reply is None else reply, note=draft.note if note is None else note)


def _saving(desk: Desk, who: Who, row: Row, draft: Draft, stored: Row | None, now: int) -> Callable[[Tx], bool]:
    id = stored.id if stored else new_id()
    content = orjson.dumps({"reply": draft.reply, "note": draft.note})
    sealed = seal(thread.keys_of(desk, row).note, place(row.clinic_id, id, row.id, who.id), content) \
        if (draft.reply or draft.note) else None
    return lambda tx: conversations.is_under(tx, row) and pending.save_draft(tx, row.clinic_id, id, row.id, who.id, sealed,
                                                                             draft.version, now)


def _stored(desk: Desk, who: Who, row: Row) -> Row | None:
    return desk.database.read(lambda tx: pending.draft(tx, row.clinic_id, row.id, who.id))


def _opened(desk: Desk, who: Who, row: Row, stored: Row | None) -> Draft:
    if stored is None:
        return Draft()
    try:
        opened = unseal(thread.keys_of(desk, row).note, place(row.clinic_id, stored.id, row.id, who.id), stored.sealed)
        return Draft(**orjson.loads(opened), version=stored.version, saved_at=stored.saved_at)
    except Unverified:  # also where it was sent: then nothing is sealed there
        return Draft(version=stored.version, saved_at=stored.saved_at)
