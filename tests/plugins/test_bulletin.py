"""What a clinic shows just now: asked of the plugins, kept for two seconds, and never beyond the moment at which it changes."""

from datetime import datetime, timedelta

import pytest

from securemsg import Availability, Form, Notice, Offer, Promise
from securemsg.answers import Setting
from securemsg.desk import bulletin, plugin_settings
from securemsg.desk.bulletin import NOTHING
from securemsg.errors import Refused, Unavailable
from securemsg.times import HOUR, MINUTE, SECOND
from tests.clinic import PROFILE
from tests.listening import plugins

NOON = datetime.fromisoformat("2026-03-02T13:00:00+01:00")  # on the clinic's clocks, as the tests' clock stands


def shown(clinic, language: str = "en"):
    return bulletin.bulletin(clinic.desk, clinic.home, language, clinic.clock())


def open_until(closes: datetime, **more) -> dict:
    """A plugin with hours that count how often it was asked."""
    asked = []

    def availability(now):
        asked.append(now)
        return Availability(now < closes, closes if now < closes else closes + timedelta(hours=14), **more)

    return {"availability": availability, "asked": asked}


def ask_of(hooks: dict):
    asked = hooks.pop("asked")
    return asked, hooks


def test_without_plugins_nothing_is_said(clinic):
    assert shown(clinic) is NOTHING
    clinic.desk.registry = plugins(mail={"happened": lambda event: None})
    assert shown(clinic) is NOTHING, "none of these asks"


def test_it_is_asked_on_the_clinics_clocks_and_kept_for_two_seconds(clinic):
    asked, hooks = ask_of(open_until(NOON + timedelta(hours=5)))
    clinic.desk.registry = plugins(hours=hooks)
    clinic.clock.at = int(NOON.timestamp()) * SECOND
    first = shown(clinic)
    assert asked == [NOON] and asked[0].utcoffset() == timedelta(hours=1)
    assert (first.open, first.changes_at) == (True, clinic.clock() + 5 * HOUR)
    clinic.later(seconds=1)
    assert shown(clinic) is first
    clinic.later(seconds=1)
    assert shown(clinic) is not first and len(asked) == 2
    clinic.clock.at -= HOUR
    assert len(asked) == 2 and shown(clinic).open, "a clock that was set back"
    assert len(asked) == 3


def test_it_is_never_older_than_the_change_it_tells_of(clinic):
    closes = NOON + timedelta(seconds=1)
    _, hooks = ask_of(open_until(closes))
    clinic.desk.registry = plugins(hours=hooks)
    clinic.clock.at = int(NOON.timestamp()) * SECOND
    assert shown(clinic).open is True
    clinic.clock.at += SECOND - 1
    assert shown(clinic).open is True
    clinic.clock.at += 1
    assert (shown(clinic).open, shown(clinic).changes_at) == (False, int((closes + timedelta(hours=14)).timestamp()) * SECOND)


def test_a_change_of_settings_or_of_the_clinic_is_seen_at_once(clinic):
    clinic.desk.registry = plugins(board={
        "settings": lambda: [Setting("line", "Welcome.", "Shown above.")],
        "notices": lambda settings, clinic: [Notice(f"{clinic.name}: {settings['line']}")]})
    assert shown(clinic).notices == (Notice("Elm Street Surgery: Welcome."),)
    plugin_settings.change(clinic.desk, clinic.service, "board", {"line": "Hello."}, clinic.clock())
    assert shown(clinic).notices == (Notice("Elm Street Surgery: Hello."),)
    clinic.saves(profile=PROFILE | {"name": "Oak Street Surgery"})
    assert shown(clinic).notices == (Notice("Oak Street Surgery: Hello."),)


def test_while_settings_cannot_be_read_nothing_is_said(clinic, monkeypatch):
    clinic.desk.registry = plugins(board={"notices": lambda: [Notice("Welcome.")]})
    assert shown(clinic).notices

    def fails(*_):
        raise Unavailable

    monkeypatch.setattr(plugin_settings, "of", fails)
    assert shown(clinic) is NOTHING


def test_the_first_who_says_something_is_believed_and_all_notices_and_offers_stand(clinic):
    one = Availability(changes_at=datetime(2026, 3, 2, 18), promise="Soon.", categories={"other": False, "nowhere": True})
    two = Availability(True, datetime(2026, 3, 2, 19), NOON + timedelta(hours=3), "Later.")
    offer = Offer("Home visit", Form("Home visit", "x"))
    clinic.desk.registry = plugins(
        one={"availability": lambda: one, "notices": lambda: [Notice("one", "shouted")], "offers": lambda: [offer]},
        two={"availability": lambda: two, "notices": lambda: [Notice("two", "closed")]})
    found = shown(clinic)
    assert (found.open, found.promise, found.categories) == (True, "Soon.", {"other": False})
    assert found.changes_at == int((NOON + timedelta(hours=5)).timestamp()) * SECOND, "without a zone: the clinic's"
    assert found.notices == (Notice("one", "info"), Notice("two", "closed")) and found.offers == (offer,)


def test_what_is_past_changes_nothing_and_is_promised_to_nobody(clinic):
    gone = NOON - timedelta(days=1)
    clinic.desk.registry = plugins(late={"availability": lambda: Availability(False, gone, gone)})
    assert (shown(clinic).open, shown(clinic).changes_at, shown(clinic).promised_at) == (False, None, None)


def test_a_conversation_keeps_what_was_promised_as_it_began(clinic, visitor):
    visitor.says("Hello?")
    assert clinic.rows("conversations")[-1].promised_at is None
    clinic.desk.registry = plugins(hours={"availability": lambda now: Availability(promised_at=now + timedelta(minutes=90))})
    clinic.visitor().says("Hello?")
    told = clinic.rows("conversations")[-1]
    assert told.promised_at == told.created_at // SECOND * SECOND + 90 * MINUTE


def test_what_is_promised_in_a_category_counts_there(clinic):
    tomorrow = NOON + timedelta(days=1)
    promises = {"other": Promise("Tomorrow.", tomorrow), "nowhere": Promise("Never.")}
    clinic.desk.registry = plugins(hours={"availability": lambda: Availability(promise="Soon.", promises=promises)})
    assert shown(clinic).promises == {"other": ("Tomorrow.", int(tomorrow.timestamp()) * SECOND)}
    assert shown(clinic).promised_in("appointment") is None
    clinic.visitor().says("Hello?")
    assert clinic.rows("conversations")[-1].promised_at == int(tomorrow.timestamp()) * SECOND


def test_a_topic_out_of_its_hours_takes_no_new_conversation(clinic, visitor):
    visitor.says("Hello?")
    clinic.desk.registry = plugins(hours={"availability": lambda: Availability(categories={"other": False})})
    with pytest.raises(Refused) as refused:
        clinic.visitor().says("Hello?")
    assert "category" in (refused.value.errors or {})
    assert clinic.visitor().opens("Hello?", category="appointment", contact=("email", "leo@example.org"))
    assert visitor.says("One thing more.")["message"]["seq"] == 2, "who has begun goes on"
