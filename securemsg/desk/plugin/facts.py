"""What a plugin sees without opening a word: a conversation, who works there."""

from dataclasses import dataclass, field

from securemsg import given
from securemsg.desk import openings, people, reach
from securemsg.desk.plugin.turn import Turn
from securemsg.desk.pools import pools_of
from securemsg.store import Row, happenings


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at the clinic, without an address: a mail to them is one to `desk.people(member.id)`. `in_pool`: the
    conversation in question is with a pool of theirs, or with none, which concerns everybody."""

    id: str
    name: str = field(repr=False)
    title: str | None
    roles: frozenset[str]
    in_pool: bool = True

    @property
    def called(self) -> frozenset[str]:
        """What colleagues and settings call this person, in small letters: the name, the title, the roles."""
        return frozenset({self.name.casefold(), *([self.title.casefold()] if self.title else []), *self.roles})


def conversation(turn: Turn, row: Row) -> given.Conversation:
    """A conversation as facts. `clinic` is the clinic's id."""
    waits = row.waiting_since if row.waiting_on == "staff" and not row.closed_at else None
    return given.Conversation(
        row.id, row.clinic_id, row.reference, turn.home.category_by_id(row.category_id).name, row.about, row.language,
        row.urgency != "normal", row.created_at, row.last_seq, row.closed_at, row.closed_reason, row.claimed_by, waits,
        row.promised_at if waits else None)


def seen_upto(turn: Turn, row: Row) -> int:
    """The number of the last message that the visitor has opened; 0 before the first."""
    return max((each.upto_seq for each in openings.by(turn.desk, row, "visitor")), default=0)


def events(turn: Turn, after: int, most: int) -> list[given.Event]:
    """What happened, in the order of its numbers."""
    rows = turn.desk.database.read(lambda tx: happenings.after(tx, turn.clinic_id, after, most))
    return [given.Event(each.id, turn.clinic_id, each.kind, each.happened_at, each.conversation_id, each.object_id, each.seq,
                        each.number) for each in rows]


def staff(turn: Turn, row: Row | None = None) -> list[Member]:
    """Everybody who works there now, and whether a conversation is with their pool."""
    everyone, found = people.everyone(turn.desk, turn.clinic_id).values(), pools_of(turn.desk, turn.clinic_id)
    pool = row and reach.pool_of(turn.desk, found, row)
    within = found.members.get(pool, frozenset()) if pool else {each.id for each in everyone}
    return [Member(each.id, each.name, each.title, each.roles, each.id in within) for each in everyone if not each.disabled_at]
