"""One turn of a plugin: for which clinic and when it was called, and whose rows it can reach."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from securemsg import given
from securemsg.desk import clinics, reach, reading
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry, read_entry
from securemsg.errors import Missing
from securemsg.store import Row
from securemsg.store import clinics as store_clinics
from securemsg.times import SECOND
from securemsg.words import say

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)  # another text is asked of no database
_NONE = say("There is no such conversation.")
_EARLIEST, _LATEST = 1_000_000_000 * SECOND, 10_000_000_000 * SECOND  # the years 2001 and 2286
Reference = str | given.Conversation  # how a plugin names a conversation: by its id, or as it was handed it


@dataclass
class Turn:
    """`by` is who pressed the button of a plugin's tool; None where nobody did. `cause` is the delivery, or the request, that it
    was called for."""

    desk: Desk
    plugin: str
    clinic_id: str
    now: int
    by: Who | None = None
    cause: str = ""

    @cached_property
    def who(self) -> Who:
        """As whom the plugin stands in the audit log."""
        asked = self.by.request_id if self.by else self.cause or None
        return Who(f"plugin:{self.plugin}", self.clinic_id, request_id=asked, name=self.plugin)

    @cached_property
    def home(self) -> clinics.Clinic:
        """The clinic with what it says of itself."""
        slug = self.desk.database.read(lambda tx: store_clinics.slug(tx, self.clinic_id))
        return clinics.clinic(self.desk, slug or "")

    def own(self, conversation: Reference) -> Row:
        """A conversation of this clinic; Missing for another's, one that was erased, and for what is no id."""
        id = id_of(conversation)
        if not is_id(id):
            raise Missing(_NONE)
        row = reach.own(self.desk, self.who, id)
        if row.wrapped is None:  # its keys are destroyed
            raise Missing(_NONE)
        return row

    def entry(self, action: str, id: str | None, *, objects: tuple[tuple[str, str], ...] = (), message_id: str | None = None,
              seq: int | None = None, event: bool = False, detail: dict | None = None) -> Entry:
        """The audit row of something done in a conversation or the clinic, with an event where others may want to know."""
        return entry(self.desk, self.who, action, "conversation" if id else "clinic", id, self.now, objects=objects,
                     conversation_id=id, message_id=message_id, seq=seq, event=event, detail=detail)

    def on_record(self, id: str, *disclosed: tuple[str, str]) -> None:
        """Write down what is about to be read. Unavailable where there is no room for it: then nothing is read."""
        reading.on_record(self.desk, read_entry(self.desk, self.who, "conversation.read", id, self.now, disclosed))


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def id_of(conversation: Reference) -> str:
    return conversation if isinstance(conversation, str) else conversation.id


def microseconds(at: int | datetime) -> int:
    """A moment as it is stored; ValueError for one without a zone, and for seconds."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError("A time needs a zone.")
        return round(at.timestamp() * SECOND)
    if not _EARLIEST < at < _LATEST:
        raise ValueError("A moment is a datetime with a zone, or microseconds since 1970.")
    return at
