"""The safety notice through the whole service: a card at once, first in the inbox, and people are told until one has taken it."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from securemsg.desk import bulletin, plugin_settings
from securemsg.desk.access import Who
from securemsg.desk.plugin import kept, letters, todos, tools
from securemsg.desk.plugin.tools import Use
from securemsg.desk.plugin_clinics import PluginClinics
from securemsg.desk.reach import own
from securemsg.errors import Refused
from securemsg.plugins import triage
from securemsg.times import HOUR
from securemsg.words import LANGUAGES
from tests.people import new_key
from tests.plugins.at_work import AtWork
from tests.plugins.turns import named

SAID = "and i'm really having some bad chest pain today"
CARD = ["Call 112 now if this is happening to you or to somebody with you.", "Call 112: tel:112",
        "Do not wait for our answer: it may be a while before somebody reads this."]
NIGHT = "Nobody reads messages here now."


class House(AtWork):
    """A clinic that has named the plugin, and its worker. Of a mail all parts are kept."""

    def later(self, minutes: int) -> list[str]:
        """So many minutes pass, and the worker works: who got a mail meanwhile."""
        before = len(self.mails)
        self.after(minutes=minutes)
        return sorted(address for to, _, _ in self.mails[before:] for address in to)

    def _mail(self, desk, row, letter: letters.Letter) -> None:
        self.mails.append((letter.to, letter.subject, [part.text for part in letter.parts]))


@pytest.fixture
def house(clinic):
    named(clinic, triage=triage)
    return House(clinic, "triage")


def answer(said: dict) -> list[str]:
    return [part["text"] for part in said["answer"]]


def to_do(clinic, staff) -> list[str]:
    return [each.text for each in todos.todos(clinic.desk, staff.who, None, clinic.clock())]


def acts(clinic, action: str) -> list:
    return [row for row in clinic.rows("audit", action=action) if row.actor_kind == "plugin:triage"]


def values(clinic):
    return plugin_settings.of(clinic.desk, clinic.home.id, "triage")


def tags(clinic, conversation: str) -> list[str]:
    who = Who("service", clinic.home.id)
    return kept.tags(clinic.desk, who, own(clinic.desk, who, conversation), clinic.clock())


def test_who_has_chest_pain_is_shown_whom_to_call_and_read_first(house, clinic, visitor, staff):
    calm = clinic.visitor()
    calm.says("Is the flu jab free?")
    assert answer(visitor.says(SAID)) == CARD
    later = clinic.visitor()
    later.says("When do you open?")
    assert staff.inbox()[0] == visitor.conversation and tags(clinic, visitor.conversation) == ["safety notice"]
    house.works()
    assert to_do(clinic, staff) == ["Safety notice: words of your list stand in a message. Please read it now."]
    assert len(acts(clinic, "conversation.urgent")) == len(acts(clinic, "todo.added")) == len(acts(clinic, "mail.queued")) == 1
    assert len(acts(clinic, "task.scheduled")) == 2 and len(acts(clinic, "conversation.read")) == 1
    assert {row.object_id for row in acts(clinic, "conversation.urgent")} == {visitor.conversation}
    assert visitor.reads() == [SAID], "around the clock: nothing more is said"


@pytest.mark.parametrize("said", ["I have no chest pain", "I don't have any chest pain today", "When do you open?",
                                  "no tengo dolor de pecho"])
def test_who_has_none_is_not(house, clinic, visitor, staff, said):
    assert visitor.says(said)["answer"] == []
    house.works()
    assert clinic.rows("conversations")[0].urgency == "normal" and to_do(clinic, staff) == [] == house.mails
    assert tags(clinic, visitor.conversation) == [] == acts(clinic, "conversation.read"), "nobody but staff reads it"


def test_a_later_message_and_its_answer_in_every_language(house, clinic, visitor):
    visitor.says("When do you open?")
    assert answer(visitor.says("Me duele mucho el pecho")) == CARD, "the card is in the language of their screen"
    for code in LANGUAGES:
        card = triage._words(values(clinic), SimpleNamespace(emergency_number="112"), code).cards["emergency"]
        assert "112" in card.heading and card.parts[0].url == "tel:112" and card.send
        assert (code == "en") == (card.heading == CARD[0])


def test_a_word_in_any_kind_of_message(house, clinic):
    known = SimpleNamespace(emergency_number="112", timezone="Europe/Berlin")
    data = {"text": "Asks for an appointment", "reason": "chest pain since noon", "people": 2, "urgent": True}
    found = triage._card(data, values(clinic), known, "en")
    assert found and found.heading == CARD[0]
    assert triage._card({**data, "reason": "a check-up"}, values(clinic), known, "en") is None


def test_who_speaks_of_suicide_is_shown_whom_to_talk_to(house, clinic, visitor, staff):
    house.sets(crisis_line="988 Lifeline, day and night", crisis_number="988")
    said = visitor.says("I want to kill myself")
    assert answer(said) == ["Call 112 now if you or somebody else is in danger.", "Call 112: tel:112",
                            "You can talk to somebody: 988 Lifeline, day and night", "Call 988: tel:988", CARD[2]]
    house.works()
    staff.opens(visitor)
    beside = tools.beside(clinic.desk, staff.who, own(clinic.desk, staff.who, visitor.conversation), clinic.clock())
    assert [(plugin, tool.label) for plugin, tool in beside.tools] == [("triage", "Send the crisis line")]
    seen = clinic.rows("conversations")[0].last_seq
    use = Use("triage", "crisis", {}, lambda schema, form: {}, seen)
    tools.run(clinic.desk, staff.who, visitor.conversation, use, new_key(), clinic.clock.tick())
    assert visitor.reads()[-1].split("\n\n") == answer(said)[1:-1]
    assert answer(clinic.visitor().says(SAID)) == CARD, "the line is for who speaks of that"


def test_the_ladder_goes_on_until_somebody_takes_it(house, clinic, visitor):
    house.sets(ladder="0: Ana Ruiz\n5: duty@elm.example\n15: owner")
    ana, boss = clinic.hires("Ana Ruiz"), clinic.hires("Bo Lee", "Manager", "owner", "staff")
    visitor.says(SAID)
    assert house.later(0) == [ana.person.email]
    assert house.later(4) == [] and house.later(1) == ["duty@elm.example"]
    assert house.later(9) == [] and house.later(1) == [boss.person.email] and house.later(60) == []
    visitor.says("It is getting worse, my chest hurts")
    assert house.later(0) == [ana.person.email], "it begins again when it had come to its end"
    ana.opens(visitor)
    ana.claims()
    assert house.later(5) == [] and house.later(60) == [], "she has it"
    assert boss.inbox()[0] == visitor.conversation


def test_an_answer_ends_it(house, clinic, visitor, staff):
    visitor.says(SAID)
    assert house.later(0) == [staff.person.email]
    staff.opens(visitor)
    staff.replies("Please call 112. We are calling you as well.")
    assert house.later(0) == [] == to_do(clinic, staff)
    assert len(acts(clinic, "todo.withdrawn")) == len(acts(clinic, "task.cancelled")) == 1
    assert house.later(5) == [] and house.later(60) == []


def test_closing_ends_it(house, clinic, visitor, staff):
    visitor.says(SAID)
    house.works()
    staff.opens(visitor)
    staff.closes()
    assert house.later(60) == [] and to_do(clinic, staff) == []


def test_who_had_it_before_is_told_and_the_others_if_nobody_answers(house, clinic, visitor, staff):
    visitor.says("When do you open?")
    staff.opens(visitor)
    staff.claims()
    visitor.says(SAID)
    house.works()
    [todo] = todos.todos(clinic.desk, staff.who, None, clinic.clock())
    assert todo.to == staff.person.id and todo.urgent
    assert house.later(5) == [staff.person.email], "it was hers before: that she has it says nothing yet"


def test_the_mails_say_nothing_of_it(house, clinic, visitor, staff):
    visitor.opens(SAID, name="Leo Marsh", contact=("email", "leo@visitor.example"))
    house.works()
    [(_, subject, parts)] = house.mails
    reference = clinic.rows("conversations")[0].reference
    assert (subject, parts) == ("A message has to be read now", [reference, "Open the inbox: /staff/elm"])


@pytest.mark.parametrize("ladder", ["0: Nobody Known", "0: dr. no, gone@"])
def test_a_rung_that_names_nobody_who_is_there_tells_everybody(house, clinic, visitor, staff, ladder):
    house.sets(ladder=ladder.replace("gone@", "Leo"))
    visitor.says(SAID)
    assert house.later(0) == [staff.person.email]


def test_titles_and_roles_and_addresses(house, clinic, visitor, staff):
    boss = clinic.hires("Bo Lee", "Manager", "owner", "staff")
    house.sets(ladder="0: nurse, duty@elm.example # the phone at the desk\n1: OWNER")
    visitor.says(SAID)
    assert house.later(0) == sorted([staff.person.email, "duty@elm.example"])
    assert house.later(1) == [boss.person.email]


def test_outside_the_hours_it_is_said_at_once_and_in_the_conversation_once(house, clinic, visitor):
    house.sets(watched="Mon 08:00-12:00, 14:00-18:00\nTue-Fri 08:00-12:00")  # it is Monday, 13:00
    assert answer(visitor.says(SAID)) == [*CARD, NIGHT]
    house.works()
    visitor.says("it is getting worse, my chest hurts")
    house.works()
    assert visitor.reads() == [SAID, "\n\n".join([NIGHT, *CARD]), "it is getting worse, my chest hurts"]
    clinic.clock.at += HOUR
    assert answer(visitor.says(SAID)) == CARD
    clinic.clock.at += 13 * HOUR
    house.sets(out_of_hours="The night nurse: 555 0199.")
    assert answer(visitor.says(SAID))[-1] == "The night nurse: 555 0199."
    house.works()
    assert visitor.reads()[-1].startswith("The night nurse: 555 0199.\n\nCall 112 now")


def test_on_a_public_holiday_nobody_reads_and_over_midnight_somebody_does(house, clinic, visitor):
    house.sets(watched="Mon-Fri 08:00-18:00", holidays="DE")
    clinic.clock.at += 35 * 24 * HOUR  # Easter Monday, 6 April 2026
    assert answer(visitor.says(SAID)) == [*CARD, NIGHT]
    house.sets(watched="Mon-Fri 08:00-18:00\nHolidays 20:00-02:00")
    clinic.clock.at += 11 * HOUR  # one o'clock at night
    assert answer(visitor.says(SAID)) == CARD


def test_the_clinics_own_words_are_the_browsers_too(house, clinic, visitor):
    none = dict.fromkeys(("words_ar", "words_es", "words_fr"), "# none")
    house.sets(words_en="[emergency]\nzebra attack*", words_de="[emergency]\nBrustschmerz*", **none)
    assert visitor.says(SAID)["answer"] == [] and answer(visitor.says("A ZEBRA attacks me")) == CARD
    assert answer(visitor.says("Ich habe Brustschmerzen")) == CARD
    words = bulletin.bulletin(clinic.desk, clinic.home, "de", clinic.clock()).safety
    assert [each.language for each in words.lists] == ["en", "de"] and words.name == "Sicherheitshinweis"
    assert words.matches("a zebra attacked") == "emergency" and words.matches(SAID) is None
    house.sets(words_en="# none", words_de="# keine")
    assert bulletin.bulletin(clinic.desk, clinic.home, "de", clinic.clock()).safety is None


def test_a_list_is_tried_before_it_counts(house, clinic):
    house.sets(words_en="[emergency]\nzebra attack*\n[crisis]\nlion*\n[unless]\nno")
    commands = {each.name: each for each in triage.commands(PluginClinics(clinic.desk, "triage"))}
    texts = "A zebra attacks\nno zebra attacks\na lion\nMe duele el pecho\n"
    tried = CliRunner().invoke(commands["try"], [clinic.home.slug], input=texts)
    assert [line.split("\t")[0] for line in tried.output.splitlines()] == ["emergency", "-", "crisis", "emergency"], tried.output
    assert clinic.rows("messages") == [], "nothing is kept"
    assert CliRunner().invoke(commands["list"], ["fr"]).output == triage._come_along("fr") != ""
    assert CliRunner().invoke(commands["list"], ["xx"]).exit_code == 2


@pytest.mark.parametrize(("name", "text", "said"), [
    ("words_en", "chest pain", "Line 1: a section must come first: [emergency], [crisis] or [unless]."),
    ("words_fr", "[emergency]\n***",
     "Line 2: “***” cannot be read; a word is letters and digits, with * at its end or not, after three letters or more."),
    ("ladder", "0: everyone\nsoon: owner", "Line 2: “soon: owner” is not written like “15: Ana Ruiz, owner”."),
    ("ladder", "5:", "Line 1: “5:” is not written like “15: Ana Ruiz, owner”."),
    ("ladder", "999999: owner", "Line 1: “999999” is more than a week; a rung comes within 10080 minutes."),
    ("watched", "Mon-Fri 8-18", "Line 1: “Mon-Fri 8-18” is not written like “Mon-Fri 08:00-12:00, 14:00-18:00”."),
    ("watched", "Fri-Mon 08:00-18:00", "Line 1: “Fri-Mon” does not go from a day to a later one between Mon and Sun."),
    ("watched", "Xyz 08:00-18:00", "Line 1: “Xyz” is no day; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun and Holidays."),
    ("watched", "other: Mon 08:00-18:00", "“other:” is one topic; somebody reads the messages of all of them, or nobody does."),
    ("holidays", "XX", "Line 1: of the country “XX” no holidays are known; it is written as in ISO 3166, like DE."),
    ("crisis_number", "call us", "It must be a telephone number."),
])
def test_what_cannot_be_read_is_refused_by_its_field(house, name, text, said):
    with pytest.raises(Refused) as refused:
        house.sets(**{name: text})
    assert refused.value.errors == {name: [said]}
