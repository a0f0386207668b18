"""Forms of a page that stayed open: each says whose it is, and goes out in nobody else's name and to nobody else's conversation.

One browser may hold another sign-in, or another conversation, by the time that somebody comes back to an older tab.
"""

from werkzeug.datastructures import MultiDict

from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.visits import Visit
from securemsg.errors import BadRequest, Conflict
from securemsg.http.pages import INCOMPLETE
from securemsg.words import say

_OTHER_CONVERSATION = say(
    "Nothing was sent: this browser holds another conversation now than the one on the page that you came from. "
    "It is shown here. Send again only what belongs to it.")


def same_person(me: Session, form: MultiDict[str, str]) -> None:
    """Who pressed the button is who the page was made for; Conflict otherwise, BadRequest where the form names nobody."""
    if not form.get("me"):
        raise BadRequest(INCOMPLETE)
    if form["me"] != me.person.id:
        raise Conflict(say("You are signed in as {name} now; this was typed by somebody else, so nothing was done. "
                           "Send it again only if it is to go out in your name.", name=me.person.name))


def this_conversation(id: str, form: MultiDict[str, str]) -> None:
    """A reply goes to the conversation that it was typed under; Conflict otherwise, BadRequest where the form names none.

    The words are not shown again: they would stand in the other conversation.
    """
    if not form.get("conversation"):
        raise BadRequest(INCOMPLETE)
    if form["conversation"] != id:
        raise Conflict(say("Nothing was done: this was typed for another conversation. "
                           "Go back to that one; what you typed is there."))


def same_conversation(visit: Visit, form: MultiDict[str, str]) -> None:
    """A visitor's form goes to the conversation that it stood under; Conflict otherwise, BadRequest where it names none."""
    if not form.get("conversation"):
        raise BadRequest(INCOMPLETE)
    if form["conversation"] != visit.conversation.id:
        raise Conflict(_OTHER_CONVERSATION)
