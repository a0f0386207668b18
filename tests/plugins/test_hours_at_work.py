"""The hours through the whole service: one automatic answer while it is closed, a promise that is kept, a ladder that stops."""


import pytest

from securemsg.app import create_app
from securemsg.desk import bulletin, plugin_settings
from securemsg.desk.plugin import todos, tools
from securemsg.desk.plugin.tools import Use
from securemsg.errors import Refused
from securemsg.plugins import hours, triage
from securemsg.times import HOUR, MINUTE, moment
from securemsg.words import moments
from tests.people import new_key
from tests.plugins.at_work import AtWork
from tests.plugins.turns import Plugin, named

WEEK = "Mon-Fri 08:00-12:00, 14:00-18:00"  # of a clinic in Berlin, where the tests begin on a Monday at 13:00


class House(AtWork):
    """A clinic that has named the plugin, and its worker."""

    def sets(self, **texts: str) -> None:
        """The owner's page of plugins, saved; a semicolon ends a line."""
        super().sets(**{name: text.replace("; ", "\n") for name, text in texts.items()})

    def at(self, wall: str) -> None:
        """It is that time now, and the worker has done what came due until then."""
        day, time = wall.split()
        number = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
        hour, minute = map(int, time.split(":"))
        begin = self.clinic.clock.at - self.clinic.clock.at % (24 * HOUR)
        today = moment(begin).weekday()
        self.clinic.clock.at = begin + ((number - today) % 7 * 24 + hour - 1) * HOUR + minute * MINUTE  # winter: an hour ahead
        self.works()


@pytest.fixture
def house(clinic):
    named(clinic, hours=hours)
    made = House(clinic, "hours")
    made.sets(weekly=WEEK)
    return made


def todo(clinic, staff) -> list:
    return todos.todos(clinic.desk, staff.who, None, clinic.clock())


def test_who_writes_while_it_is_closed_is_told_once(house, clinic, visitor):
    visitor.says("Is the flu jab free?")
    house.works()
    visitor.says("Hello?")
    house.works()
    first, told, second = visitor.reads()
    assert (first, second) == ("Is the flu jab free?", "Hello?")
    assert told.startswith("Your message has arrived.\n\nWe are closed now. We read messages again from Mon, Mar 2, 2:00")
    assert told.endswith("If this is an emergency, call 112 now. Do not wait for an answer here.")
    house.at("Mon 15:00")
    visitor.says("And now?")
    house.works()
    assert len(visitor.reads()) == 4, "it is open"
    house.at("Mon 19:00")
    visitor.says("Too late?")
    house.works()
    assert "again from Tue, Mar 3, 8:00" in visitor.reads()[-1] and len(visitor.reads()) == 6, "another closed period"


def test_who_serves_loads_what_writes_times_where_a_plugin_says_until_when(clinic, monkeypatch):
    loads = []
    monkeypatch.setattr(moments, "load", lambda: loads.append(True))
    for number, plugins in enumerate(({}, {"triage": triage}, {"triage": triage, "hours": hours})):
        named(clinic, **plugins)
        create_app(clinic.desk.settings, clinic.desk)
        assert len(loads) == max(0, number - 1)


def test_each_conversation_is_told_for_itself_and_in_its_language(house, clinic):
    first, second = clinic.visitor(), clinic.visitor()
    first.says("Hello?")
    second.opens("Hallo?")
    clinic.sql("UPDATE conversations SET language = 'de' WHERE id = :id", id=second.conversation)
    house.works()
    assert "We are closed now." in first.reads()[-1]
    assert "Wir haben gerade geschlossen. Nachrichten lesen wir wieder ab Mo., 2. März, 14:00." in second.reads()[-1]


def test_the_automatic_answer_answers_nobody_and_staff_still_see_who_waits(house, clinic, visitor, staff):
    visitor.says("My leg hurts.")
    house.works()
    assert staff.inbox() == [visitor.conversation] and staff.opens(visitor).messages[-1].author_kind == "plugin"


def test_a_worker_that_was_away_says_nothing_to_who_was_answered(house, clinic, visitor, staff):
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    staff.replies("Yes.")
    house.works()
    assert visitor.reads() == ["Is the flu jab free?", "Yes."]


def test_a_worker_that_was_away_says_nothing_of_being_closed_when_it_is_open(house, clinic, visitor):
    house.sets(promise="4 hours")
    visitor.says("Is the flu jab free?")
    clinic.later(hours=1)
    house.works()
    assert visitor.reads() == ["Is the flu jab free?"] and clinic.rows("conversations")[0].promised_at


def test_a_clinic_with_a_region_in_its_language_is_told_in_that_language(house, clinic, visitor, staff):
    clinic.saves(locale="de-CH")
    house.sets(promise="4 hours", ladder="-30 min: assign")
    visitor.opens("Grüezi")
    house.at("Mon 17:30")
    assert [each.text for each in todo(clinic, staff)] == ["Eine Antwort ist fällig bis Mo., 2. März, 18:00."]


def test_without_names_it_is_for_whoever_claimed_it(house, clinic, visitor, staff):
    clinic.hires("Ben Wolf")
    house.sets(promise="4 hours", ladder="-30 min: assign")
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    staff.claims()
    house.at("Mon 17:30")
    assert [each.to for each in todo(clinic, staff)] == [staff.person.id]


def test_a_mail_to_who_is_not_there_becomes_something_to_do_for_everybody(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder="+1 h: mail Nurse", away="Ana Ruiz: until 2026-03-09")
    visitor.says("Is the flu jab free?")
    house.at("Tue 09:00")
    assert [(each.to, each.urgent) for each in todo(clinic, staff)] == [(None, True)] and house.mails == []


def test_the_card_says_open_the_change_and_the_promise(house, clinic):
    house.sets(promise="4 hours", weekly=f"{WEEK}; other: Mon-Sun never")
    found = bulletin.bulletin(clinic.desk, clinic.home, "de", clinic.clock())
    assert (found.open, found.categories) == (False, {"other": False})
    assert found.changes_at == clinic.clock.at // HOUR * HOUR + HOUR, "at two"
    assert found.promised_at == found.changes_at + 4 * HOUR and found.promise == "Wir antworten bis Mo., 2. März, 18:00."
    assert [(each.tone, each.text) for each in found.notices] == [
        ("closed", "Wir haben gerade geschlossen. Nachrichten lesen wir wieder ab Mo., 2. März, 14:00.")]


def test_the_promise_is_shown_and_stands_on_the_conversation_until_it_is_answered(house, clinic, visitor, staff):
    house.sets(promise="4 hours")
    visitor.says("Is the flu jab free?")
    house.works()
    assert "We answer by Mon, Mar 2, 6:00" in visitor.reads()[-1]
    [row] = clinic.rows("conversations")
    assert moment(row.promised_at).isoformat() == "2026-03-02T17:00:00+00:00"
    house.at("Mon 15:00")
    visitor.says("Please hurry.")
    house.works()
    assert clinic.rows("conversations")[0].promised_at == row.promised_at, "who writes again does not wait longer for it"
    staff.opens(visitor)
    staff.replies("Yes.")
    house.works()
    assert clinic.rows("conversations")[0].promised_at is None
    house.at("Tue 09:00")
    visitor.says("One more thing.")
    house.works()
    assert moment(clinic.rows("conversations")[0].promised_at).isoformat().startswith("2026-03-03T14:00:")


LADDER = "-30 min: assign Ana Ruiz, Ben Wolf; 0: urgent; +1 h: mail manager@elm.example, Ana Ruiz"


def test_the_ladder_is_climbed_before_the_promise_breaks_and_after(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    house.at("Mon 17:29")
    assert todo(clinic, staff) == []
    house.at("Mon 17:30")
    [found] = todo(clinic, staff)
    assert found.text.startswith("An answer is due by Mon, Mar 2, 6:00") and found.to == staff.person.id and not found.urgent
    assert clinic.rows("conversations")[0].urgency == "normal"
    house.at("Mon 18:00")
    assert clinic.rows("conversations")[0].urgency != "normal" and house.mails == []
    house.at("Tue 08:59")
    assert house.mails == [], "at night nobody is there to answer: the hour is one of open time"
    house.at("Tue 09:00")
    reference = clinic.rows("conversations")[0].reference
    assert sorted(to for to, *_ in house.mails) == [(staff.person.email,), ("manager@elm.example",)]
    assert {text.partition(":")[0] for *_, text in house.mails} == {reference}
    assert {subject for _, subject, _ in house.mails} == {"A message waits for an answer"}
    assert "flu" not in str(house.mails)


def test_the_ladder_stops_at_the_answer(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    house.at("Mon 17:40")
    assert len(todo(clinic, staff)) == 1
    staff.opens(visitor)
    staff.replies("Yes.")
    house.works()
    assert todo(clinic, staff) == [], "it is not to be done any more"
    assert [row for row in clinic.rows("outbox", hook="task_due") if row.done_at is None] == []
    house.at("Wed 12:00")
    assert clinic.rows("conversations")[0].urgency == "normal" and house.mails == []


def test_a_worker_that_was_away_does_not_climb_for_who_was_answered_meanwhile(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder="-30 min: assign; 0: urgent; +1 h: mail manager@elm.example")
    visitor.says("Is the flu jab free?")
    house.works()
    clinic.later(hours=4, minutes=45)
    staff.opens(visitor)
    staff.replies("Yes.")
    clinic.later(days=3)
    house.works()
    assert (clinic.rows("conversations")[0].urgency, house.mails, todo(clinic, staff)) == ("normal", [], [])
    assert clinic.rows("tasks", name="ladder", for_staff=1) == [], "nobody was even asked"


def test_what_another_plugin_says_is_no_answer(house, clinic, visitor):
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    house.works()
    Plugin(clinic, "news").does(lambda desk: desk.reply(visitor.conversation, "We have a new web page."))
    house.at("Mon 18:00")
    assert clinic.rows("conversations")[0].promised_at and clinic.rows("conversations")[0].urgency != "normal"


def test_who_asks_again_after_an_answer_has_a_promise_of_their_own(house, clinic, visitor, staff):
    house.sets(promise="4 hours")
    clinic.later(hours=1)
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    staff.replies("Yes.")
    clinic.later(hours=2)
    visitor.says("And for children?")
    house.works()
    assert moment(clinic.rows("conversations")[0].promised_at).isoformat().startswith("2026-03-03T09:00:"), "2 hours were left"


@pytest.mark.parametrize("who", ["staff", "visitor"])
def test_the_ladder_stops_when_it_is_closed(house, clinic, visitor, staff, who):
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    house.works()
    visitor.closes() if who == "visitor" else (staff.opens(visitor), staff.closes("called"))
    house.at("Wed 12:00")
    assert (clinic.rows("conversations")[0].urgency, house.mails, todo(clinic, staff)) == ("normal", [], [])
    assert clinic.rows("conversations")[0].promised_at is None


def test_a_worker_that_was_away_climbs_the_ladder_at_once_in_its_order(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    clinic.later(days=3)
    house.works()
    assert len(todo(clinic, staff)) == 1 and clinic.rows("conversations")[0].urgency != "normal" and len(house.mails) == 2


def test_the_ladder_passes_over_who_is_away_and_who_is_in_a_visit(house, clinic, visitor, staff):
    ben, cy = clinic.hires("Ben Wolf"), clinic.hires("Cy Young")
    house.sets(promise="4 hours", ladder=LADDER, away="Ana Ruiz: 2026-03-02 to 2026-03-05")
    visitor.says("Is the flu jab free?")
    house.at("Mon 17:30")
    assert [each.to for each in todo(clinic, staff)] == [ben.person.id]
    house.sets(away="Ana Ruiz: 2026-03-02 to 2026-03-05, cover Cy Young")
    other = clinic.visitor()
    other.says("Hello?")
    house.at("Tue 13:20")
    assert {each.to for each in todo(clinic, staff)} == {ben.person.id, cy.person.id}


def visits(clinic, member, conversation: str, minutes: int) -> None:
    """The button of the reply page."""
    use = Use("hours", "visit", {"data.minutes": str(minutes)}, lambda schema, form: {"minutes": form["data.minutes"]})
    tools.run(clinic.desk, member.who, conversation, use, new_key(), clinic.clock.tick())


def test_who_is_in_a_visit_says_so_and_somebody_else_is_called(house, clinic, visitor, staff):
    ben = clinic.hires("Ben Wolf")
    house.sets(promise="4 hours", ladder=LADDER)
    visitor.says("Is the flu jab free?")
    house.at("Mon 17:10")
    visits(clinic, staff, visitor.conversation, 30)
    house.at("Mon 17:30")
    assert [each.to for each in todo(clinic, staff)] == [ben.person.id]
    visits(clinic, ben, visitor.conversation, 480)
    visits(clinic, staff, visitor.conversation, 480)
    visits(clinic, staff, visitor.conversation, 0)
    other = clinic.visitor()
    other.says("Hello?")
    house.at("Tue 13:30")
    assert {each.to for each in todo(clinic, staff)} == {ben.person.id, staff.person.id}, "Ana is back"


def test_when_nobody_of_them_is_there_it_is_for_everybody(house, clinic, visitor, staff):
    house.sets(promise="4 hours", ladder="-30 min: assign Ana Ruiz", away="Ana Ruiz: until 2026-03-09")
    visitor.says("Is the flu jab free?")
    house.at("Mon 17:30")
    assert [each.to for each in todo(clinic, staff)] == [None]


def test_a_pause_takes_no_new_conversation_and_lets_the_others_go_on(house, clinic, visitor):
    visitor.says("Before the pause")
    house.sets(pause="until 2026-03-02 16:00 by Dr Wu: Our computers are down.")
    with pytest.raises(Refused, match=r"We take no new messages until Mon, Mar 2, 4:00.PM\. Our computers are down\. If this is"):
        clinic.visitor().says("A new one")
    visitor.says("I go on")
    house.at("Mon 16:00")
    clinic.visitor().says("A new one")
    assert len(clinic.rows("conversations")) == 2


def test_a_pause_of_medical_topics_leaves_the_others_open(house, clinic):
    house.sets(pause="appointment until 2026-03-02 16:00 by Dr Wu: Two doctors are ill.")
    with pytest.raises(Refused) as told:
        clinic.visitor().opens("A visit?", category="appointment", contact=("email", "a@b.example"))
    assert told.value.errors["category"][0].startswith("The clinic does not take messages on this topic just now.")
    clinic.visitor().opens("Parking?")
    found = bulletin.bulletin(clinic.desk, clinic.home, "en", clinic.clock())
    assert "on some topics until Mon, Mar 2, 4:00" in found.notices[0].text and "Two doctors are ill." in found.notices[0].text
    house.at("Mon 16:00")
    clinic.visitor().opens("A visit?", category="appointment", contact=("email", "a@b.example"))


def test_a_mistake_is_told_at_its_field_and_nothing_is_changed(house, clinic):
    with pytest.raises(Refused) as told:
        house.sets(weekly="Mon 08:00-12:00; Mom 08:00-12:00", promise="4 hours", ladder="0: mail")
    assert set(told.value.errors) == {"weekly", "ladder"} and told.value.errors["weekly"][0].startswith("Line 2: “Mom” is no day")
    assert plugin_settings.kept(clinic.desk, clinic.home.id, "hours").texts == {"weekly": WEEK}
    assert [each.action for each in clinic.rows("audit")].count("plugin.changed") == 1, "the fixture's"


def test_nothing_is_said_promised_or_climbed_without_settings(clinic, visitor, staff):
    named(clinic, hours=hours)
    house = House(clinic, "hours")
    visitor.says("Is the flu jab free?")
    house.works()
    clinic.later(days=30)
    house.works()
    assert visitor.reads() == ["Is the flu jab free?"] and todo(clinic, staff) == [] and house.mails == []
