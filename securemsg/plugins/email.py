"""Mails that say there is something to read, and not a word of what: to staff when somebody begins to wait, or signs in under
their name from a new browser; to visitors when they were answered and have not looked.

A reply that nobody opens for two working days is announced again; then staff are asked to telephone.
"""

from functools import lru_cache
from zoneinfo import ZoneInfo

from securemsg import Calendar, Link, PersonalData, Setting, Text, hookimpl, names, say

SECOND = 1_000_000  # of the microseconds in which the service counts
MINUTE = 60 * SECOND
CALLED_AFTER = {"email": 2, "phone": 1}  # times that an answer was unopened for some working days
_DAY = ((0, 24 * 60),)


def _whole(least: int, most: int, what: str):
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"it must be a whole number of {what} from {least} to {most}")
        return int(text)

    return read


@hookimpl
def settings():
    yield Setting("staff", "", "Who is told that somebody waits: addresses, or colleagues by name, title or role, with commas "
                  "between: `desk@clinic.example, Nurse`. Empty: nobody.", names, label="Staff who are told")
    yield Setting("staff_pause_minutes", "15", "How long it is at least from one such mail to the next: 0 to 1440.",
                  _whole(0, 1440, "minutes"), label="Minutes between mails to staff")
    yield Setting("visitor_wait_minutes", "2", "How long a visitor has to open an answer before a mail tells of it: 0 to 60.",
                  _whole(0, 60, "minutes"), label="Minutes until a visitor is told")
    yield Setting("unopened_days", "2", "After how many working days an answer that nobody opened is announced again, and "
                  "after as many more becomes a telephone call: 1 to 20.", _whole(1, 20, "working days"),
                  label="Working days until it is told again")


@hookimpl
def personal_data():
    yield PersonalData("a visitor's email address, and that there is something to read", "so that an answer is read",
                       "the clinic's mail server, and from there the visitor's")
    yield PersonalData("that somebody waits for an answer", "so that nobody waits unseen", "the addresses that the clinic named")
    yield PersonalData("that somebody signed in from a new browser", "so that a stranger's sign-in is noticed",
                       "the address of the person whose sign-in it is")


@hookimpl
def needs():
    yield "mail"


# To staff
@hookimpl
def message_received(message, at, desk):
    """When somebody begins to wait; what follows is the same waiting."""
    if desk.conversation(message.conversation).waiting_since == at:
        _tell_staff(desk, message.conversation, at)


def _tell_staff(desk, conversation, at: int) -> None:
    """At once, or when the pause since the last mail is over."""
    free_at = desk.kept(None).get("told_staff_at", 0) + desk.setting("staff_pause_minutes") * MINUTE
    if at < free_at:
        desk.schedule(conversation, free_at, "staff", once=True)
        return
    to = _staff(desk)
    for each in to:
        desk.mail(each, say("A message waits for an answer").to(desk.clinic.locale),
                  Text(say("Somebody wrote, and waits for an answer.").to(desk.clinic.locale)),
                  Link(say("Open the inbox").to(desk.clinic.locale), f"/staff/{desk.clinic.slug}/"))
    if to:
        desk.keep(None, told_staff_at=at)


def _staff(desk) -> list:
    """Whom a mail goes to: addresses, and people by what they are called; everybody where nobody is called so."""
    named, staff = {name.casefold() for name in desk.setting("staff") if "@" not in name}, desk.staff()
    ids = [each.id for each in staff if named & each.called]
    to = [name for name in desk.setting("staff") if "@" in name]
    if named and not ids:
        ids = [each.id for each in staff]
    return to + ([desk.people(*ids)] if ids else [])


@hookimpl
def new_browser(person, at, desk):
    """To whom it was, or was said to be: the mail names neither person nor browser nor place."""
    desk.mail(desk.people(person), say("A new sign-in").to(desk.clinic.locale),
              Text(say("Somebody signed in under your name, from a browser that you had not used before. If that was you, there "
                       "is nothing to do. If not, end it, and ask for a new sign-in link.").to(desk.clinic.locale)),
              Link(say("Look at your sign-ins").to(desk.clinic.locale), f"/staff/{desk.clinic.slug}/sessions/"))


# To visitors
@hookimpl
def reply_sent(message, at, desk):
    """A mail, unless it is opened before. What staff wrote is followed until it is opened: another answer starts nothing anew,
    and neither does what is sent by itself."""
    if not message.alert:
        return
    desk.schedule(message.conversation, at + desk.setting("visitor_wait_minutes") * MINUTE, "news", once=True, seq=message.seq)
    followed = desk.kept(message.conversation).get("followed", 0)
    if message.author_kind == "staff" and desk.seen_upto(message.conversation) >= followed:
        desk.keep(message.conversation, followed=message.seq)
        desk.schedule(message.conversation, _days_later(desk, at), "unopened", once=True, seq=message.seq, times=1)
        desk.done(message.conversation, "phone")


@hookimpl
def task_due(task, at, desk):
    if task.name == "staff" and task.conversation.waiting_since is not None:
        _tell_staff(desk, task.conversation, at)
    if task.name != "staff" and desk.seen_upto(task.conversation) < task.data["seq"]:
        channel = (desk.contact(task.conversation) or ("",))[0]
        if task.name == "news" and channel == "email":
            _tell_visitor(desk, task.conversation)
        if task.name == "unopened" and channel:
            _remind(desk, task.conversation, at, channel, task.data)


def _remind(desk, conversation, at: int, channel: str, data: dict) -> None:
    """Another mail, and the time after that a telephone call; where there is no address for mails the call at once."""
    if data["times"] == CALLED_AFTER[channel]:
        desk.assign(conversation, say("Telephone: the answer was not opened.").to(desk.clinic.locale), name="phone")
        return
    _tell_visitor(desk, conversation)
    desk.schedule(conversation, _days_later(desk, at), "unopened", once=True, seq=data["seq"], times=data["times"] + 1)


def _tell_visitor(desk, conversation) -> None:
    language = conversation.language
    desk.mail(desk.visitor(conversation), say("You have a new message").to(language),
              Text(say("There is something new to read where you wrote on a website. This mail does not say what, since mails "
                       "can be read by others.").to(language)),
              Link(say("Read it").to(language), desk.way_back(conversation)),
              Text(say("You wrote to nobody? Then please ignore this mail.").to(language)), about=conversation)


def _days_later(desk, at: int) -> int:
    return round((_working(desk.clinic.timezone).working_days_after(at / SECOND, desk.setting("unopened_days")) or 0) * SECOND)


@lru_cache(maxsize=1_000)
def _working(timezone: str) -> Calendar:
    """Monday to Friday."""
    return Calendar(ZoneInfo(timezone), (_DAY,) * 5 + ((),) * 3)


@hookimpl
def delivered(delivery, at, desk):
    """A visitor whom no mail reaches is telephoned."""
    conversation = delivery.target.removeprefix("mail:visitor:")
    if delivery.outcome == "given_up" and conversation != delivery.target:
        desk.cancel(conversation, "unopened")
        desk.assign(conversation, say("Telephone: the mail did not arrive.").to(desk.clinic.locale), name="phone")
