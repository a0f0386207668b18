"""securemsg: a contact widget and secure messaging service for clinics. What stands here is all that a plugin imports."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securemsg.answers import (
        Availability,
        Call,
        Kind,
        Notice,
        Offer,
        Panel,
        PersonalData,
        Promise,
        Resource,
        Screening,
        Setting,
        Tool,
    )
    from securemsg.app import create_app
    from securemsg.calendars import Calendar, moment_of
    from securemsg.errors import Conflict, Error, Forbidden, Missing, Refused, Unavailable
    from securemsg.given import Clinic, Conversation, Delivery, Draft, Event, Task
    from securemsg.hooks import hookimpl
    from securemsg.http.plugins import requires
    from securemsg.opening_hours import exceptional_hours, public_holidays, wall_time, weekly_hours
    from securemsg.parts import Choice, File, Form, Link, Option, Text
    from securemsg.safety import SafetyCard, SafetyList, SafetyWords, safety_list
    from securemsg.words import LANGUAGES, in_language, moment, say
    from securemsg.written import Lines, addresses, lines, names

__all__ = [
    "LANGUAGES", "Availability", "Calendar", "Call", "Choice", "Clinic", "Conflict", "Conversation", "Delivery", "Draft",
    "Error", "Event", "File", "Forbidden", "Form", "Kind", "Lines", "Link", "Missing", "Notice", "Offer", "Option", "Panel",
    "PersonalData", "Promise", "Refused", "Resource", "SafetyCard", "SafetyList", "SafetyWords", "Screening", "Setting", "Task",
    "Text", "Tool", "Unavailable", "addresses", "create_app", "exceptional_hours", "hookimpl", "in_language", "lines", "moment",
    "moment_of", "names", "public_holidays", "requires", "safety_list", "say", "wall_time", "weekly_hours",
]
_HOMES = ("parts", "answers", "given", "errors", "hooks", "words", "safety", "calendars", "written", "opening_hours")
_LATE = {"create_app": "app", "requires": "http.plugins"}  # each brings the whole service along


def __getattr__(name: str):
    """Loaded when asked for: the command line must not import the whole service before gevent has patched."""
    if name not in __all__:
        raise AttributeError(f"securemsg has no {name!r}; it has {', '.join(__all__)}")
    homes = (_LATE[name],) if name in _LATE else _HOMES
    return next(vars(home)[name] for home in map(import_module, (f"securemsg.{each}" for each in homes)) if name in vars(home))
