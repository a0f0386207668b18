"""Change a conversation on condition that it is as the caller saw it: close, reopen, claim, release, urgency; all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from securemsg.desk import acts, placed, reach, reading
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Act, Wish, key_of
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Prepared, once
from securemsg.desk.system import conditions, facts
from securemsg.desk.system.conditions import Expected
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Forbidden, Refused
from securemsg.store import Row, Tx, conversations

URGENCIES = ("normal", "urgent", "emergency")
_SENTENCES = ("This conversation is closed already.", "This conversation is open already.")
Step = Callable[[Tx], bool]
Done = tuple[Row, tuple[Step, ...]]  # the conversation as it will be, and what writes that


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different, by name: `state` (open, closed), `reason` it ends for, `urgency`, `claimed_by` (id or None)."""

    wanted: dict[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self.wanted

    def __getitem__(self, name: str) -> Any:
        return self.wanted[name]


def change(desk: Desk, home: Clinic, who: Who, id: str, wanted: Change, expected: Expected, key: str, now: int) -> dict:
    """What `who` may know of the conversation's facts as they are then; once for each key. Stale with the present state when it
    changed in between, Conflict when it makes no sense."""
    for act in _acts(wanted):
        require(who, act)
    body = orjson.dumps(wanted.wanted, option=orjson.OPT_SORT_KEYS)
    answer = once(desk, key_of(who, id, "change", key, body), now,
                  lambda attempt: _changing(desk, home, who, id, wanted, expected, now))
    reading.tell(desk, who.clinic_id, id, "message", answer["last_seq"])
    return facts.told(who, answer)


def _acts(wanted: Change) -> tuple[str, ...]:
    """What a role or scope must allow for it."""
    state = {"closed": "close", "open": "reopen"}[wanted["state"]] if "state" in wanted else None
    return tuple(filter(None, (state, "claim" if "urgency" in wanted or "claimed_by" in wanted else None)))


def _changing(desk: Desk, home: Clinic, who: Who, id: str, wanted: Change, expected: Expected, now: int) -> Prepared:
    before = [reach.own(desk, who, id, act) for act in _acts(wanted) or ("inbox",)][-1]
    conditions.check(home, who, before, expected)
    done: Done = before, ()
    for part in (_urgency, _claim, _state):
        done = part(desk, who, wanted, done, now)
    after, steps = done
    return facts.of(home, after), conditions.held(before, lambda tx: all(step(tx) for step in steps))


def _urgency(desk: Desk, who: Who, wanted: Change, done: Done, now: int) -> Done:
    before, steps = done
    if "urgency" not in wanted or wanted["urgency"] == before.urgency:
        return done
    urgency = wanted["urgency"]
    after = before._replace(urgency=urgency, version=before.version + 1)
    return after, (*steps, _written(desk, who, f"conversation.{urgency}", before, now, lambda tx: conversations.set_urgency(
        tx, before.clinic_id, before.id, urgency)))


def _claim(desk: Desk, who: Who, wanted: Change, done: Done, now: int) -> Done:
    before, steps = done
    if "claimed_by" not in wanted or wanted["claimed_by"] == before.claimed_by:
        return done
    if wanted["claimed_by"] is not None:
        return _claimed(desk, who, wanted["claimed_by"], done, now)
    if who.kind == "staff" and before.claimed_by != who.id:
        raise Conflict("You do not hold this conversation.")
    place_mac = placed.vouch(desk, before, None)
    after = before._replace(claimed_by=None, place_mac=place_mac, version=before.version + 1)
    return after, (*steps, _written(desk, who, "conversation.released", before, now, lambda tx: conversations.claim(
        tx, before, None, place_mac, now)))


def _claimed(desk: Desk, who: Who, person_id: str, done: Done, now: int) -> Done:
    """A person takes it; the visitor sees who answers."""
    if who.kind != "staff":
        raise Refused(errors={"claimed_by": ["Only people hold conversations: a system can hand one back, with null."]})
    if person_id != who.id:
        raise Forbidden("You can take a conversation for yourself only.")
    draft = Draft("system", "system.claimed", {"name": who.name, "role": who.title}, who.id)
    return _stepped(desk, Wish(who, done[0].id, acts.CLAIM, draft), done, now, claimed_by=who.id, version=2)


def _state(desk: Desk, who: Who, wanted: Change, done: Done, now: int) -> Done:
    before = done[0]
    if "state" not in wanted:
        return done
    closes = wanted["state"] == "closed"
    if closes == bool(before.closed_at):
        raise Conflict(_SENTENCES[not closes])
    act, kind = (acts.CLOSE, "system.closed") if closes else (acts.REOPEN, "system.reopened")
    reason = wanted["reason"] if closes else None
    waits = {"waiting_since": None} if closes else {"waiting_since": before.waiting_since or now}
    return _stepped(desk, Wish(who, before.id, act, Draft("system", kind, {}, who.id), reason=reason), done, now,
                    closed_at=now if closes else None, closed_reason=reason, **waits)


def _stepped(desk: Desk, wish: Wish, done: Done, now: int, version: int = 1, **changes: Any) -> Done:
    """One more message, said by an act. Each stands alone in its change: the next would not know the head of this one."""
    before, steps = done
    acts.refuse_untimely(desk, wish, before)
    answer, write = acts.step(desk, wish, before, now)
    act: Act = wish.act
    after = before._replace(last_seq=answer["seq"], last_at=now, version=before.version + version,
                            waiting_on=act.waiting_on or before.waiting_on, **changes)
    return after, (*steps, write)


def _written(desk: Desk, who: Who, action: str, before: Row, now: int, act: Step) -> Step:
    return entry(desk, who, action, "conversation", before.id, now, conversation_id=before.id).after(act)
