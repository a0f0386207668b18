"""What a plugin can ask for, each as the wish of which a step is made when the turn is over."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from securemsg.desk import people, returning, thread
from securemsg.desk.access import require
from securemsg.desk.journal import Entry
from securemsg.desk.plugin import letters, said, tasks, todos
from securemsg.desk.plugin.collected import Collected
from securemsg.desk.plugin.letters import To
from securemsg.desk.plugin.message import Message
from securemsg.desk.plugin.steps import Step, Steps
from securemsg.desk.plugin.turn import Reference, Turn, id_of
from securemsg.desk.thread import Draft
from securemsg.parts import Choice, Form, Part
from securemsg.store import Row, Tx, conversations, plugins
from securemsg.store import letters as stored_letters
from securemsg.store.ids import new_id
from securemsg.store.plugins import TaskRow

LONGEST_NAME, LONGEST_TEXT = 200, 8_000  # characters, of a task or a to-do; of a note or a to-do


def reply(collected: Collected, conversation: Reference, parts: tuple[Part, ...], alert: bool | None,
          answers: Message | None) -> None:
    """A message. Forbidden where a tool was used by somebody who may not reply; ValueError where it can answer nothing."""
    turn, by = collected.turn, collected.turn.by
    if by:
        require(by, "reply")
    if answers is not None:
        _refuse_others(turn, conversation, answers)
    _refuse_dead_ends(turn, parts)
    draft = Draft("plugin", "parts", _json(said.data_of(turn.plugin, parts)), by.id if by else None,
                  alert=bool(by) if alert is None else alert)
    row = collected.add(lambda steps: steps.said(id_of(conversation), draft, answers), conversation)
    assert row is not None
    collected.count_message(row)


def note(collected: Collected, conversation: Reference, text: str) -> None:
    words = _words(text)
    collected.add(lambda steps: steps.noted(id_of(conversation), words), conversation)


def promise(collected: Collected, conversation: Reference, at: int | None) -> None:
    """By when an answer is promised."""
    id, turn = id_of(conversation), collected.turn
    written = turn.entry("answer.promised", id, event=True)
    change = written.after(lambda tx: conversations.promise(tx, turn.clinic_id, id, at))
    collected.add(lambda steps: lambda tx: change(tx) or True, conversation)


def schedule(collected: Collected, conversation: Reference, at: int, name: str, data: Mapping[str, Any], once: bool) -> None:
    turn, name, told = collected.turn, _name(name), _json(dict(data))
    if once:
        end(collected, conversation, name, for_staff=False)

    def wish(steps: Steps) -> Step:
        row = steps.row(id_of(conversation))
        made = tasks.alarm(thread.keys_of(turn.desk, row), row, turn.plugin, name, at, told, turn.now)
        return _added(turn, "task.scheduled", row, made)

    collected.add(wish, conversation)


def assign(collected: Collected, conversation: Reference, text: str, due_at: int | None, urgent: bool, name: str,
           to: str | None) -> None:
    turn, name = collected.turn, _name(name)
    person = people.everyone(turn.desk, turn.clinic_id).get(to or "")
    todo = todos.Wanted(_words(text), due_at, urgent, person.id if person and not person.disabled_at else None)
    if name:
        end(collected, conversation, name, for_staff=True)

    def wish(steps: Steps) -> Step:
        row = steps.row(id_of(conversation))
        made = todos.row_of(thread.keys_of(turn.desk, row), row, turn.plugin, name, todo, turn.now)
        return _added(turn, "todo.added", row, made, event=True)

    collected.add(wish, conversation)


def end(collected: Collected, conversation: Reference, name: str, *, for_staff: bool) -> None:
    """No more of what was scheduled, or assigned to staff, under a name."""
    id, turn = id_of(conversation), collected.turn
    written = turn.entry("todo.withdrawn" if for_staff else "task.cancelled", id, event=for_staff)
    ended = (turn.clinic_id, id, turn.plugin, _name(name), for_staff, turn.now)
    change = written.after(lambda tx: bool(plugins.end_tasks(tx, *ended)))
    collected.add(lambda steps: lambda tx: change(tx) or True, conversation)


def mail(collected: Collected, to: To, content: dict[str, Any], about: Reference | None) -> list[str]:
    """A delivery for each who gets it: their ids."""
    about = to.conversation or about
    return [_letter(collected, "mail", target, content, about) for target in to.targets]


def post(collected: Collected, name: str, content: dict[str, Any], about: Reference | None) -> str:
    return _letter(collected, "post", letters.target(_name(name)), content, about)


def way_back(collected: Collected, conversation: Reference) -> str:
    """A path for a mail; its link is stored with what else the turn writes."""
    turn, id = collected.turn, id_of(conversation)
    path, insert = returning.way_back(turn.desk, turn.home, id, turn.now)
    step = _inserted(turn.entry("return.offered", id), insert)
    collected.add(lambda steps: step, conversation)
    return path


def _letter(collected: Collected, lane: str, target: str, content: dict[str, Any], about: Reference | None) -> str:
    turn, id, content = collected.turn, new_id(), _json(content)
    written = turn.entry(f"{lane}.queued", id_of(about) if about else None, objects=(("delivery", id),))

    def wish(steps: Steps) -> Step:
        row: Row | None = steps.row(id_of(about)) if about else None
        sealed = letters.sealed(turn.desk, row, turn.clinic_id, id, turn.plugin, target, content)
        return _inserted(written, lambda tx: stored_letters.insert(
            tx, turn.clinic_id, id, turn.plugin, lane, target, row and row.id, sealed, turn.now), row)

    collected.add(wish, about)
    return id


def _added(turn: Turn, action: str, conversation: Row, row: TaskRow, event: bool = False) -> Step:
    written = turn.entry(action, row.conversation_id, objects=(("task", row.id),), event=event)
    return _inserted(written, lambda tx: plugins.insert_task(tx, row), conversation)


def _inserted(written: Entry, insert: Callable[[Tx], object], under: Row | None = None) -> Step:
    """What is new, with its row in the audit log; not where the conversation that it is sealed `under` has another key."""
    def write(tx: Tx) -> bool:
        if under and not conversations.is_under(tx, under):
            return False
        insert(tx)
        written.write(tx)
        return True

    return write


def _refuse_others(turn: Turn, conversation: Reference, message: Message) -> None:
    """A plugin answers what was said to it: what people ask in words is for people."""
    plugin, _ = turn.desk.registry.kinds.get(message.kind, ("", None))
    if plugin != turn.plugin or message.author_kind != "visitor" or message.conversation != id_of(conversation):
        raise ValueError("A plugin answers only a visitor's message of a kind of its own, in its conversation.")


def _refuse_dead_ends(turn: Turn, parts: tuple[Part, ...]) -> None:
    """What a visitor is asked must be a kind that can be answered."""
    kinds = [part.kind for part in parts if isinstance(part, Choice | Form)]
    if unknown := set(kinds) - set(turn.desk.registry.kinds):
        raise ValueError(f"There is no kind {sorted(unknown)[0]}: no plugin that is named declares it.")


def _json(value: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from the store; TypeError now, and not when the turn is over, for what JSON cannot hold."""
    return orjson.loads(orjson.dumps(value))


def _name(name: str) -> str:
    if len(name) > LONGEST_NAME or "\0" in name:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters.")
    return name


def _words(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(f"This text has 1 to {LONGEST_TEXT:,} characters, none of them NUL.")
    text.encode()  # no half characters: they could not be stored
    return text
