"""How did we do, may we quote you, and are you better? Asked after a conversation, answered by one press, or skipped by one.

Nobody is asked twice within 90 days, nor after what was no conversation. Figures are counts by month, without a word. What may
be published is agreed to by itself, and can be taken back. A check-back asks after days that staff choose; who feels worse comes
first.
"""

import hashlib
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from marshmallow import Schema, fields, validate

from securemsg import Choice, Form, Kind, Option, Panel, PersonalData, Setting, Text, Tool, hookimpl, say

DAY = 86_400 * 1_000_000  # microseconds
AGAIN_DAYS = 90
FEW = 5  # a figure below it could be one person's
SKIP = "skip"
RATINGS = {"5": say("Very well"), "4": say("Well"), "3": say("So-so"), "2": say("Badly"), "1": say("Very badly")}
ANSWERS = {**RATINGS, SKIP: say("Skip")}
CHANGES = {"better": say("Better"), "same": say("The same"), "worse": say("Worse")}
NOT_ASKED = ("spam", "duplicate", "emergency")  # reasons for closing after which a question would be out of place
_EMERGENCY = say("If this is an emergency, call {number} now. Do not wait for an answer here.")


class Chosen(Schema):
    """One of a question's answers."""

    answer = fields.String(required=True, metadata={"label": say("Your answer")})


class Rating(Chosen):
    answer = fields.String(required=True, validate=validate.OneOf(ANSWERS), metadata={"label": say("Your answer")})


class Change(Chosen):
    answer = fields.String(required=True, validate=validate.OneOf(CHANGES), metadata={"label": say("Your answer")})


class Withdrawal(Chosen):
    answer = fields.String(required=True, validate=validate.OneOf(["withdraw"]), metadata={"label": say("Your answer")})


class Testimonial(Schema):
    """What may be published: the words, the name beside them, and that it is wanted."""

    words = fields.String(required=True, validate=validate.Length(1, 1_000), metadata={"label": say("Your words"), "rows": 4})
    shown_as = fields.String(load_default="", validate=validate.Length(max=80), metadata={
        "label": say("Name beside them, if you like")})
    agreed = fields.Boolean(required=True, validate=validate.Equal(True), metadata={
        "label": say("The clinic may publish these words, with this name. I can take that back here at any time.")})


class CheckBack(Schema):
    days = fields.Integer(required=True, strict=True, validate=validate.Range(1, 60), metadata={
        "label": say("In how many days?")})


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text) <= 30):
        raise ValueError("it must be a whole number of days from 0 to 30")
    return int(text)


@hookimpl
def settings():
    yield Setting("ask_after_days", "1", "How many days after a conversation was closed the visitor is asked: 0 to 30.", _days,
                  label="Days until they are asked")
    yield Setting("testimonials", "no", "Whether somebody who was content is asked for words that may be published: yes or no.",
                  _yes_or_no, label="Words to publish")


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("it must be yes or no")
    return text == "yes"


@hookimpl
def personal_data():
    yield PersonalData("how content a visitor was, and whether they feel better", "so that the clinic learns, and sees who "
                       "needs help")
    yield PersonalData("words that a visitor agreed to have published, and the name beside them",
                       "kept in the conversation, until they are taken back")
    yield PersonalData("that somebody was asked", f"under a keyed hash of the address, so that nobody is asked again within "
                       f"{AGAIN_DAYS} days")


@hookimpl
def kinds():
    yield Kind("feedback.rating", say("How did we do?"), Rating, lambda data: ANSWERS[data["answer"]], quiet=True)
    yield Kind("feedback.change", say("How are you now?"), Change, lambda data: CHANGES[data["answer"]], quiet=True)
    yield Kind("feedback.testimonial", say("Words to publish"), Testimonial, _as_quoted, quiet=True)
    yield Kind("feedback.withdrawal", say("Take it back"), Withdrawal, lambda _: say("Take it back"), quiet=True)


def _as_quoted(data) -> str:
    return "\n".join(filter(None, [f"“{data['words']}”", data["shown_as"]]))


# After a conversation
@hookimpl
def conversation_closed(conversation, at, desk):
    if conversation.closed_reason not in NOT_ASKED:
        desk.schedule(conversation, at + desk.setting("ask_after_days") * DAY, "ask", once=True)


@hookimpl
def task_due(task, at, desk):
    if task.name == "ask" and task.conversation.closed_at is not None:  # else somebody writes again, and is not to be interrupted
        _ask(desk, task.conversation, at)
    if task.name == "forget":
        desk.give(task.conversation, task.data["whom"])
    if task.name == "check back":
        desk.keep(task.conversation, checked=None)
        language = task.conversation.language
        options = tuple(Option(value, label.to(language)) for value, label in CHANGES.items())
        desk.reply(task.conversation, Choice(say("You wrote to us. How are you now?").to(language), "feedback.change", options),
                   alert=True)


def _ask(desk, conversation, at: int) -> None:
    """Once in so many days, whoever it is: by the address they gave, else by this conversation."""
    known, language = "|".join(desk.contact(conversation) or (conversation.id,)).casefold(), conversation.language
    whom = f"asked {hashlib.sha256(known.encode()).hexdigest()}"
    if desk.taken(whom) or not desk.take(conversation, whom):
        return
    desk.keep(conversation, asked=True)
    desk.schedule(conversation, at + AGAIN_DAYS * DAY, "forget", whom=whom)
    options = tuple(Option(value, label.to(language)) for value, label in ANSWERS.items())
    desk.reply(conversation, Choice(say("How did we do?").to(language), "feedback.rating", options), alert=True)


# What is answered
@hookimpl
def message_received(message, at, desk):
    answered = {"feedback.rating": _rated, "feedback.change": _changed, "feedback.testimonial": _quoted,
                "feedback.withdrawal": _withdrawn}.get(message.kind)
    if answered:
        answered(desk, desk.conversation(message.conversation), message, at)


def _rated(desk, conversation, message, at: int) -> None:
    """Of who was asked the first answer counts; a second press changes nothing."""
    rating, language = message.data["answer"], conversation.language
    if "asked" not in desk.kept(conversation):
        return
    desk.keep(conversation, asked=None)
    _count(desk, at, rating)
    if rating == SKIP:
        return
    desk.reply(conversation, say("Thank you.").to(language), answers=message)
    if rating in ("4", "5") and desk.setting("testimonials"):
        desk.reply(conversation, Text(say("May we publish a few words of yours? Only if you like.").to(language)),
                   Form(say("Words to publish").to(language), "feedback.testimonial", say("Send").to(language)), answers=message)


def _count(desk, at: int, rating: str) -> None:
    month = datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m")
    figures = desk.kept(None).get("figures", {})
    counts = Counter(figures.get(month, {}))
    counts[rating] += 1
    desk.keep(None, figures={**figures, month: dict(counts)})


def _quoted(desk, conversation, message, at: int) -> None:
    language = conversation.language
    desk.keep(conversation, testimonial={"words": message.data["words"], "shown_as": message.data["shown_as"], "agreed_at": at})
    desk.tag(conversation, "may be published")
    desk.reply(conversation, Choice(say("Thank you. You can take that back here.").to(language), "feedback.withdrawal",
                                    (Option("withdraw", say("Take it back").to(language)),)), answers=message)


def _withdrawn(desk, conversation, message, at: int) -> None:
    if desk.kept(conversation).get("testimonial"):
        desk.keep(conversation, testimonial=None)
        taken_back = say("The visitor took back what may be published. Take it down.")
        desk.assign(conversation, taken_back.to(desk.clinic.locale), urgent=True, name="testimonial")
    desk.reply(conversation, say("It is taken back.").to(conversation.language), answers=message)


def _changed(desk, conversation, message, at: int) -> None:
    """Who feels better is left in peace; the others are somebody's, at once where it is worse."""
    change, language = message.data["answer"], conversation.language
    if change == "better":
        desk.reply(conversation, say("Good to hear. Thank you.").to(language), answers=message)
        return
    desk.reopen(conversation)
    desk.urgent(conversation)
    found = say("The visitor feels worse.") if change == "worse" else say("The visitor feels no better.")
    desk.assign(conversation, found.to(desk.clinic.locale), urgent=change == "worse", name="change")
    desk.reply(conversation, say("Thank you for telling us. Somebody of the clinic will look at it.").to(language),
               _EMERGENCY.format(number=desk.clinic.emergency_number).to(language))


# For staff
@hookimpl
def tools(conversation, kept):
    yield Tool("check-back", say("Ask how they are"), _check_back, CheckBack, act="note")
    if kept.get("checked"):
        yield Tool("no-check-back", say("Do not ask how they are"), _no_check_back, act="note")


def _check_back(conversation, desk, now, days):
    desk.schedule(conversation, now + days * DAY, "check back", once=True)
    there = datetime.fromtimestamp(now / 1_000_000 + days * 86_400, ZoneInfo(desk.clinic.timezone))
    desk.keep(conversation, checked=there.date().isoformat())


def _no_check_back(conversation, desk, now):
    desk.cancel(conversation, "check back")
    desk.keep(conversation, checked=None)


@hookimpl
def panel(kept):
    told = [Text(say("They are asked how they are: {day}", day=kept["checked"]))] if kept.get("checked") else []
    if quoted := kept.get("testimonial"):
        told.append(Text(_as_quoted(quoted)))
    return Panel(say("Feedback"), tuple(told)) if told else None


@hookimpl
def commands(desk):
    @click.command()
    @click.argument("clinic")
    def figures(clinic):
        """How content visitors were, by month: counts alone, below five as "<5"."""
        for month, counts in sorted(desk.at(clinic, lambda here: here.kept(None)).get("figures", {}).items()):
            told = "  ".join(f"{answer} {_figure(counts.get(answer, 0))}" for answer in ANSWERS)
            click.echo(f"{month} {told}")

    yield figures


def _figure(count: int) -> str:
    return str(count) if count >= FEW or not count else f"<{FEW}"
