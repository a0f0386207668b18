"""Who saw a conversation and who did what in it, in plain words."""

from itertools import groupby

from securemsg.desk.listening import PLUGIN
from securemsg.http import entries, languages
from securemsg.words import say

SERVICE = say("The service")
_ACTORS = {"visitor": say("The visitor"), "service": SERVICE}
SOMEBODY, _PLUGIN = say("Somebody"), say("automatic")
_ACTS = {
    "conversation.opened": say("started the conversation"), "message.sent": say("wrote a message"),
    "conversation.read": say("read the conversation"),
    "conversation.seen": say("opened the clinic's messages"), "conversation.claimed": say("took the conversation"),
    "conversation.released": say("handed the conversation back"),
    "conversation.handed_over": say("handed the conversation to a colleague"),
    "conversation.sent_on": say("sent the conversation to another pool"),
    "conversation.put_back": say("put it back: a pool stood beside it that nobody had sent it to"),
    "conversation.closed": say("closed the conversation"),
    "conversation.reopened": say("reopened the conversation"), "conversation.urgent": say("marked the conversation urgent"),
    "conversation.normal": say("took the urgent mark away"), "reply.undone": say("took a reply back before it went out"),
    "reply.withheld": say("kept back a reply that could not be sent"), "note.added": say("wrote an internal note"),
    "conversations.searched": say("found the conversation in a search"),
    "message.erased": say("removed a message"), "hold.placed": say("held it: nothing of it is erased"),
    "hold.lift_asked": say("asked for the hold to be lifted"), "hold.lifted": say("lifted the hold"),
    "erasure.requested": say("asked for it to be deleted"), "erasure.refused": say("kept it, and said why"),
    "conversation.exported": say("took a copy away"), "conversation.imported": say("put it back from a record"),
    "message.unverified": say("met an entry that could not be verified"),
    "todos.read": say("read what is to be done"), "todo.done": say("did what was to be done"),
    "todo.added": say("asked for something to be done"), "todo.withdrawn": say("asked for something no longer"),
    "tool.used": say("used a tool"), "conversation.tagged": say("gave it tags"), "values.kept": say("kept something for itself"),
    "name.taken": say("reserved something"), "name.given": say("let a reservation go"),
    "task.scheduled": say("planned something"), "task.cancelled": say("cancelled what was planned"),
    "answer.promised": say("promised an answer"), "delivery.set_aside": say("gave up a delivery"),
    "return.offered": say("sent a link to come back by"), "return.code": say("made a code to come back with"),
    "session.returned": say("came back on another device"), "return.refused": say("tried a code that did not fit"),
    "return.blocked": say("blocked coming back after wrong codes")}


def trail(rows: list, names: dict) -> list[dict]:
    """Who did what, newest first; the same act of the same person several times in a row stands once, with its count."""
    runs = [list(run) for _, run in groupby(rows, lambda line: (line.actor_kind, line.actor_id, line.action))]
    return [{**_line(run[0], names), "times": len(run)} for run in runs]


def said(action: str) -> str:
    """An act in plain words; its name in the log where there are none."""
    return languages.told(_ACTS.get(action, action))


def _line(line, names: dict) -> dict:
    person = names.get(line.actor_id)
    plugin = line.actor_kind.removeprefix(PLUGIN) if line.actor_kind.startswith(PLUGIN) else ""
    who = person.name if person else entries.title(plugin) or languages.told(_ACTORS.get(line.actor_kind, SOMEBODY))
    return {"who": who, "role": languages.told(_PLUGIN) if plugin else person and person.title,
            "what": languages.told(_ACTS.get(line.action, line.action)), "at": line.happened_at}
