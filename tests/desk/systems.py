"""Other systems of the clinic, as they use the desk: with a token, and scopes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from securemsg.desk.access import SCOPES, Who
from securemsg.desk.people import Person
from securemsg.desk.system import changing, conversations, events, holders, messages, notes, pools, templates, tokens, trail
from securemsg.desk.system import people as desk_people
from securemsg.desk.system.changing import Change
from securemsg.desk.system.conditions import Expected
from securemsg.desk.system.conversations import Wanted
from securemsg.desk.system.messages import Said
from securemsg.times import DAY, HOUR
from tests.clinic import Practice
from tests.people import Visitor, new_key, shown


@dataclass
class System:
    """An EHR, a phone system, a report."""

    clinic: Practice
    token: str = field(repr=False)
    who: Who

    @classmethod
    def let_in(cls, clinic: Practice, *scopes: str, label: str = "EHR") -> "System":
        """With a new token; without words for all scopes there are."""
        token, _ = tokens.add(clinic.desk, clinic.service, clinic.home, label, scopes or tuple(SCOPES), 90 * DAY,
                              clinic.clock.tick())
        return cls(clinic, token, cls._who(clinic, token))

    @staticmethod
    def _who(clinic: Practice, token: str) -> Who:
        return holders.holder(clinic.desk, token, "192.0.2.0/24", None, clinic.clock())[1]

    def comes(self, token: str = "") -> Who:
        """Shows a token at the door; Unknown when it opens nothing."""
        return self._who(self.clinic, token or self.token)

    def revoked(self) -> None:
        tokens.revoke(self.clinic.desk, self.clinic.service, self.clinic.home, self.who.id, self.clinic.clock.tick())

    def rotated(self, overlap: int = HOUR) -> str:
        """Goes on with another token: that token."""
        self.token, made = tokens.rotate(self.clinic.desk, self.clinic.service, self.clinic.home, self.who.id, overlap,
                                         self.clinic.clock())
        self.who = self._who(self.clinic, self.token)
        assert self.who.id == made.id
        return self.token

    def pages(self, limit: int = 50, **wanted: object) -> Iterator[list[dict]]:
        """Conversations, page by page: what happens meanwhile is up to who asks."""
        how = {name: wanted.pop(name) for name in ("sort", "descending") if name in wanted}
        asked, cursor = Wanted(wanted, **how), None  # type: ignore[arg-type]
        while True:
            items, cursor = conversations.page(self.clinic.desk, self.clinic.home, self.who, asked, cursor, limit)
            yield items
            if cursor is None:
                return

    def lists(self, **wanted: object) -> list[dict]:
        return [item for page in self.pages(**wanted) for item in page]

    def looks_at(self, conversation: "Visitor | str") -> dict:
        """One conversation as it is shown."""
        row = conversations.one(self.clinic.desk, self.who, _id(conversation))
        return conversations.shown(self.clinic.desk, self.clinic.home, self.who, row, self.clinic.clock.tick())

    def reads(self, conversation: "Visitor | str", after: int = 0, limit: int = 50) -> list[str | None]:
        found, cursor = [], None
        while True:
            page, cursor = messages.page(self.clinic.desk, self.who, _id(conversation), after, cursor, limit,
                                         self.clinic.clock.tick())
            found += [shown(message) for message in page]
            if cursor is None:
                return found

    def replies(self, to: "Visitor | str", text: str, *, seen: int | None = None, version: int | None = None,
                key: str = "") -> dict:
        return messages.reply(self.clinic.desk, self.clinic.home, self.who, _id(to), Said("text", {"text": text}),
                              _expected(seen, version), key or new_key(), self.clinic.clock.tick())

    def changes(self, conversation: "Visitor | str", version: int, key: str = "", **wanted: object) -> dict:
        return changing.change(self.clinic.desk, self.clinic.home, self.who, _id(conversation), Change(wanted),
                               _expected(None, version), key or new_key(), self.clinic.clock.tick())

    def notes(self, conversation: "Visitor | str", text: str) -> None:
        notes.add(self.clinic.desk, self.who, _id(conversation), text, new_key(), self.clinic.clock.tick())

    def reads_notes(self, conversation: "Visitor | str") -> list[str | None]:
        page, _ = notes.page(self.clinic.desk, self.who, _id(conversation), None, 100, self.clinic.clock.tick())
        return [note.text for note in page]

    def hears(self, after: int = 0, limit: int = 100) -> list[int]:
        """The numbers of the events after one."""
        return [row.number for row in events.page(self.clinic.desk, self.who, after, None, limit)[0]]

    def lists_people(self) -> list[Person]:
        return desk_people.page(self.clinic.desk, self.who, None, 50)[0]

    def lists_pools(self) -> list[dict]:
        return pools.page(self.clinic.desk, self.clinic.home, self.who, None, 50)[0]

    def adds_pool(self) -> dict:
        return pools.add(self.clinic.desk, self.clinic.home, self.who, "Nurses", None, new_key(), self.clinic.clock.tick())

    def lists_templates(self) -> list[dict]:
        return templates.page(self.clinic.desk, self.who, None, 50)[0]

    def adds_template(self) -> dict:
        words = {"label": "Flu jab", "language": "en", "text": "It is free."}
        return templates.add(self.clinic.desk, self.who, words, new_key(), self.clinic.clock.tick())

    def audits(self, limit: int = 100, **wanted: object) -> list[dict]:
        return trail.page(self.clinic.desk, self.who, wanted, None, limit, self.clinic.clock.tick())[0]


def _id(conversation: "Visitor | str") -> str:
    return conversation.conversation if isinstance(conversation, Visitor) else conversation


def _expected(seen: int | None, version: int | None) -> Expected:
    return Expected(None if version is None else frozenset({version}), seen)
