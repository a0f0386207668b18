"""The safety notice: who writes words of the clinic's own list is shown whom to call, and the clinic reads that message first.

It knows words, no illnesses: the lists are the clinic's and in plain sight, and every message is delivered, whatever is found.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from securemsg import (
    LANGUAGES,
    Calendar,
    Clinic,
    Lines,
    Link,
    PersonalData,
    SafetyCard,
    SafetyWords,
    Screening,
    Setting,
    Text,
    Tool,
    hookimpl,
    lines,
    names,
    public_holidays,
    safety_list,
    say,
    weekly_hours,
)

TAG = "safety notice"  # of the conversation, and what the to-do and the ladder are called
MICRO, MINUTE = 1_000_000, 60_000_000
_WORDS = tuple(f"words_{code}" for code in LANGUAGES)
LONG = 12 * 60 * MINUTE  # nobody watches for longer: it may be said again
MOST_MINUTES = 7 * 24 * 60
_LISTS = Path(__file__).with_name("triage_words")


# What the clinic's texts say
@dataclass(frozen=True)
class Rung:
    """Who is told when nobody has taken the message after so many minutes."""

    minutes: int
    who: tuple[str, ...]


def _add_rung(found: list, line: re.Match) -> None:
    if int(line["minutes"]) > MOST_MINUTES:
        raise ValueError(f"“{line['minutes']}” is more than a week; a rung comes within {MOST_MINUTES} minutes")
    found.append(Rung(int(line["minutes"]), names(line["who"])))


ladder = lines(list, r"(?P<minutes>[0-9]{1,9}) ?: ?(?P<who>.*[^ ,].*)", "15: Ana Ruiz, owner", _add_rung)


def watched(text: str) -> Lines:
    """Weekly hours; they are of the whole clinic."""
    found = weekly_hours(text)
    if of := next(filter(None, found.found), ""):
        raise ValueError(f"“{of}:” is one topic; somebody reads the messages of all of them, or nobody does")
    return found


def _dialled(text: str) -> str:
    if text and not re.fullmatch(r"\+?[0-9][0-9 ().-]*", text):
        raise ValueError("it must be a telephone number")
    return text


# At the start
@hookimpl
def settings():
    for (code, language), name in zip(LANGUAGES.items(), _WORDS, strict=True):
        yield Setting(name, _come_along(code), f"The clinic's words for the safety notice, {language.name}. {_HOW}",
                      partial(safety_list, code), rows=16, label=f"Words, {language.name}")
    yield Setting("crisis_line", "", "Whom people in despair can talk to there, as it is shown to those who write words of a"
                  " [crisis] section: its name, and when it is open.", label="Crisis line")
    yield Setting("crisis_number", "", "Its telephone number.", _dialled, label="Crisis line: telephone number")
    yield Setting("ladder", "0: everyone\n5: everyone\n15: owner", "Who is told by mail while nobody has taken such a message, a"
                  " line each: minutes, then names or titles of staff, a role (staff, owner), everyone, or mail addresses.",
                  ladder, rows=4, label="Who is told, and when")
    yield Setting("watched", "", "When somebody reads messages as they come, as `Mon-Fri 08:00-18:00`, a line each. Outside"
                  " these hours whoever gets the notice is told so at once. Empty: around the clock.", watched, rows=3,
                  label="When somebody reads them at once")
    yield Setting("holidays", "", "Whose public holidays count there, as DE-BY or FR: nobody reads then, unless a line says"
                  " `Holidays 09:00-12:00`.", public_holidays, label="Public holidays")
    yield Setting("out_of_hours", "", "What they are told then, in the clinic's own words.", rows=3,
                  label="What is said outside these hours")


_HOW = ("Below [emergency] and [crisis] each line is words in this order, with up to four others between: a bar is or, a star any"
        " ending, a hyphen keeps words together, a plus lets them stand in any order. What stands below [unless] takes it back,"
        " but not where its line begins with an exclamation mark.")


def _come_along(code: str) -> str:
    """The list of that language that comes along, or none."""
    file = _LISTS / f"{code}.txt"
    return file.read_text("utf-8") if file.exists() else ""


@hookimpl
def personal_data():
    yield PersonalData("That words of the clinic's list stood in a message, and when", "It is read first, and somebody is told")
    yield PersonalData("The reference of a conversation with such a message, by mail, and nothing else of it",
                       "Somebody who is not at the screen comes and reads it", "people of the clinic, addresses that it names")


@hookimpl
def commands(desk):
    languages = click.Choice(sorted(file.stem for file in _LISTS.glob("*.txt")))
    yield click.Command("list", callback=_print, params=[click.Argument(["language"], type=languages)],
                        help="Print a list that comes along, to begin one's own with.")
    yield click.Command("try", callback=partial(_try, desk), params=[
        click.Argument(["clinic"]), click.Argument(["file"], type=click.File("r", "utf-8"), default="-")],
        help="Read texts, one a line, and say of each which card a clinic's lists show for it. Nothing is kept.")


def _print(language: str) -> None:
    click.echo(_come_along(language), nl=False)


def _try(clinics, clinic: str, file: Iterable[str]) -> None:
    words = clinics.at(clinic, lambda desk: _words(_settings(desk), desk.clinic, "en"))
    for line in file:
        click.echo(f"{words.matches(line) or '-'}\t{line.rstrip()}")


# While somebody waits
@hookimpl
def safety_words(settings, clinic, locale):
    """All lists of the clinic, since people write in another language than their screen's; the cards in the screen's."""
    words = _words(settings, clinic, locale)
    return words if words.lists else None


@hookimpl(tryfirst=True)
def screen(draft, settings, clinic, locale, now):
    card = _card(draft.data, settings, clinic, locale)
    if card is None:
        return None
    closed = () if _is_watched(settings, clinic, now.timestamp()) else (_nobody(settings, locale),)
    return Screening(urgent=True, tags=frozenset({TAG}), answer=(Text(card.heading), *card.parts, *closed))


def _card(data: Mapping, settings: Mapping, clinic: Clinic, language: str) -> SafetyCard | None:
    """The card for what a message says, whatever its kind."""
    words = _words(settings, clinic, language)
    return words.cards.get(words.matches("\n".join(str(value) for value in data.values() if isinstance(value, str))) or "")


def _words(settings: Mapping, clinic: Clinic, language: str) -> SafetyWords:
    lists = tuple(each for each in map(settings.__getitem__, _WORDS) if each.crisis or each.emergency)
    return SafetyWords(_named(language), lists, _cards(settings["crisis_line"], settings["crisis_number"],
                                                       clinic.emergency_number, language))


@lru_cache
def _named(language: str) -> str:
    return say("Safety notice").to(language)


@lru_cache(500)
def _cards(line: str, line_number: str, number: str, language: str) -> dict[str, SafetyCard]:
    """By section, the one that goes before the other first."""
    call, wait = _call(say("Call {number}", number=number).to(language), number), Text(_WAIT.to(language))
    talk = ([Text(say("You can talk to somebody: {line}", line=line).to(language))] if line else []) + (
        [_call(say("Call {number}", number=line_number).to(language), line_number)] if line_number else [])
    send = say("Send my message").to(language)
    danger = say("Call {number} now if you or somebody else is in danger.", number=number).to(language)
    happening = say("Call {number} now if this is happening to you or to somebody with you.", number=number).to(language)
    return {"crisis": SafetyCard(danger, (call, *talk, wait), send), "emergency": SafetyCard(happening, (call, wait), send)}


_WAIT = say("Do not wait for our answer: it may be a while before somebody reads this.")


def _call(label: str, number: str) -> Link | Text:
    digits = re.sub(r"[^0-9+]", "", number)
    return Link(label, f"tel:{digits}") if digits else Text(label)


def _nobody(settings: Mapping, language: str) -> Text:
    return Text(settings["out_of_hours"] or say("Nobody reads messages here now.").to(language))


def _is_watched(settings: Mapping, clinic: Clinic, at: float) -> bool:
    return not settings["watched"].found or _watch(clinic.timezone, settings["watched"], settings["holidays"]).state(at)[0]


@lru_cache(500)
def _watch(timezone: str, hours: Lines, free: Lines) -> Calendar:
    """The same one each time: it keeps the days that it has worked out."""
    week = tuple(hours.found[""].get(day, ()) for day in range(8))
    return Calendar(ZoneInfo(timezone), week, holidays=sum(free.found[1:], free.found[0]) if free.found else ())


# After the commit
@hookimpl
def message_received(message, at, desk):
    """Only what was put first is read here, on record: it may be an answer to a colleague's question that staff put first."""
    conversation, settings = desk.conversation(message.conversation), _settings(desk)
    if not conversation.urgent or conversation.waiting_since is None:
        return
    card = _card(message.data, settings, desk.clinic, conversation.language)
    if card is None:
        return
    desk.assign(conversation, _READ.to(desk.clinic.locale), urgent=True, name=TAG, to=conversation.claimed_by)
    _tell_nobody(desk, conversation, card, at)
    if "since" not in desk.kept(conversation):  # one ladder at a time: a second message does not begin again below
        desk.keep(conversation, since=at)
        _climb(desk, conversation, 0, at, conversation.claimed_by)


_READ = say("Safety notice: words of your list stand in a message. Please read it now.")


def _tell_nobody(desk, conversation, card: SafetyCard, at: int) -> None:
    """Outside the hours it is said in the conversation too, once for a while."""
    if _is_watched(_settings(desk), desk.clinic, at / MICRO) or at < desk.kept(conversation).get("told", 0) + LONG:
        return
    desk.reply(conversation, _nobody(_settings(desk), conversation.language), card.heading, *card.parts)
    desk.keep(conversation, told=at)


def _climb(desk, conversation, number: int, since: int, claimed: str | None) -> None:
    """The next rung when it is time for it; after the last one the ladder may begin again."""
    rungs = _rungs(desk)
    if number < len(rungs):
        due = since + rungs[number].minutes * MINUTE
        desk.schedule(conversation, due, TAG, once=True, number=number, since=since, claimed=claimed)
    else:
        desk.keep(conversation, since=None)


def _rungs(desk) -> list[Rung]:
    return sorted(desk.setting("ladder").found, key=lambda rung: rung.minutes)


@hookimpl
def task_due(task, at, desk):
    """One rung, unless somebody has answered it or taken it since."""
    conversation, number, rungs = task.conversation, task.data["number"], _rungs(desk)
    taken = conversation.claimed_by and conversation.claimed_by != task.data["claimed"]
    if conversation.waiting_since is None or taken or number >= len(rungs):
        desk.keep(conversation, since=None)
        return
    _tell(desk, conversation, rungs[number].who)
    _climb(desk, conversation, number + 1, task.data["since"], task.data["claimed"])


def _tell(desk, conversation, who: tuple[str, ...]) -> None:
    """Mail these people, if there is a mail server: no word of it, only where it is. Where a rung names nobody who is there,
    everybody. What stands to be done is there in any case."""
    if not desk.can_mail:
        return
    staff, wanted = desk.staff(), {name.casefold() for name in who}
    ids = [each.id for each in staff if wanted & {"everyone", *each.called}]
    addresses = [name for name in who if "@" in name]
    subject = say("A message has to be read now").to(desk.clinic.locale)
    for to in (*addresses, desk.people(*(ids or ([] if addresses else [each.id for each in staff])))):
        desk.mail(to, subject, conversation.reference, _inbox(desk.clinic), about=conversation)


def _inbox(clinic: Clinic) -> Link:
    return Link(say("Open the inbox").to(clinic.locale), f"/staff/{clinic.slug}")


@hookimpl
def reply_sent(message, at, desk):
    """An answer of the clinic's: nobody has to be told any more."""
    if desk.conversation(message.conversation).waiting_since is None:
        _over(desk, message.conversation)


@hookimpl
def conversation_closed(conversation, at, desk):
    _over(desk, conversation)


def _over(desk, conversation) -> None:
    desk.cancel(conversation, TAG)
    desk.done(conversation, TAG)
    if "since" in desk.kept(conversation):
        desk.keep(conversation, since=None)


def _settings(desk) -> dict:
    return {name: desk.setting(name) for name in (*_WORDS, "crisis_line", "crisis_number", "watched", "holidays",
                                                  "out_of_hours")}


# For staff
@hookimpl
def tools(conversation, settings):
    if settings["crisis_line"] or settings["crisis_number"]:
        yield Tool("crisis", say("Send the crisis line"), send_crisis_line)


def send_crisis_line(conversation, desk, now):
    """The card of the crisis line, as a message."""
    card = _words(_settings(desk), desk.clinic, conversation.language).cards["crisis"]
    desk.reply(conversation, *card.parts[:-1])
