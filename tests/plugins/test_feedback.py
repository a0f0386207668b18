"""Asked once, answered by a press, skipped by one; nothing is published without a yes of its own; who feels worse comes first."""

import pytest

from securemsg.desk import plugin_schemas
from securemsg.desk.plugin import kept, tools
from securemsg.desk.reach import own
from securemsg.plugins import feedback
from tests.plugins.at_work import at_work
from tests.plugins.turns import Plugin

HOW, QUOTE = "How did we do?", "May we publish a few words of yours? Only if you like."


@pytest.fixture
def house(clinic):
    return at_work(clinic, "feedback", feedback)


@pytest.fixture
def closed(house, visitor, staff):
    """A conversation that was answered and closed a day ago."""
    talked(visitor, staff)
    house.after(days=1, minutes=1)
    return visitor


def talked(visitor, staff, reason: str = "answered") -> None:
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    staff.replies("Yes.")
    staff.closes(reason)


def figures(clinic) -> dict:
    [counts] = Plugin(clinic, "feedback").desk().kept(None).get("figures", {"": {}}).values()
    return counts


def beside(clinic, staff, visitor):
    return tools.beside(clinic.desk, staff.who, own(clinic.desk, staff.who, visitor.conversation), clinic.clock())


def asked(visitor) -> list[str]:
    return [text.partition("\n")[0] for text in visitor.reads()]


def test_the_day_after_it_was_closed_the_visitor_is_asked_and_the_conversation_stays_closed(house, clinic, visitor, staff):
    talked(visitor, staff)
    house.after(hours=23)
    assert HOW not in asked(visitor)
    house.after(hours=2)
    assert asked(visitor).count(HOW) == 1 and visitor.reads()[-1].endswith("- Skip"), "to skip is one of the answers"
    assert staff.inbox() == [] and clinic.rows("conversations")[0].closed_at


def test_an_answer_is_counted_without_a_word_and_thanked_for(house, clinic, closed, staff):
    house.sends(closed, "rating", answer="2")
    assert closed.reads()[-2:] == ["Badly", "Thank you."] and figures(clinic) == {"2": 1}
    house.sends(closed, "rating", answer="5")
    assert figures(clinic) == {"2": 1}, "a second press counts no more"
    assert staff.inbox() == [] and clinic.rows("conversations")[0].closed_at


def test_who_skips_hears_no_more_of_it(house, clinic, closed):
    house.sends(closed, "rating", answer="skip")
    assert closed.reads()[-1] == "Skip" and figures(clinic) == {"skip": 1}


@pytest.mark.parametrize("reason", ["spam", "duplicate", "emergency"])
def test_nobody_is_asked_where_it_would_be_out_of_place(house, visitor, staff, reason):
    talked(visitor, staff, reason)
    house.after(days=2)
    assert HOW not in asked(visitor)


def test_who_writes_again_is_not_interrupted(house, visitor, staff):
    talked(visitor, staff)
    visitor.says("One more thing.")
    house.after(days=2)
    assert HOW not in asked(visitor)


def test_the_same_person_is_asked_once_in_ninety_days(house, clinic, staff):
    days = []
    for number in range(4):
        mia = clinic.visitor()
        mia.opens("Is the flu jab free?", contact=("email", "Mia@example.org" if number % 2 else "mia@example.org"))
        talked(mia, staff)
        house.after(days=2)
        days.append(HOW in asked(mia))
        house.after(days=41)
    assert days == [True, False, False, True]
    assert "mia@example.org" not in str(clinic.rows("taken") + clinic.rows("tasks"))


def test_who_comes_back_to_a_conversation_is_asked_again_after_ninety_days_and_counts_again(house, clinic, closed, staff):
    house.sends(closed, "rating", answer="2")
    for number in range(1, 10):
        talked(closed, staff)
        house.after(days=11)
        assert asked(closed).count(HOW) == (1 if number < 9 else 2)
    house.sends(closed, "rating", answer="5")
    counts = Plugin(clinic, "feedback").desk().kept(None)["figures"].values()
    assert list(counts) == [{"2": 1}, {"5": 1}] and closed.reads()[-1] == "Thank you."


def test_who_was_not_asked_counts_in_no_figure(house, clinic, visitor):
    visitor.says("Is the flu jab free?")
    house.sends(visitor, "rating", answer="1")
    assert figures(clinic) == {}


def test_who_was_content_may_be_quoted_by_a_yes_of_its_own_and_takes_it_back(house, clinic, closed, staff):
    house.sets(testimonials="yes")
    house.sends(closed, "rating", answer="5")
    assert QUOTE in closed.reads()[-1]
    wrong = plugin_schemas.schema(feedback.Testimonial).validate({"words": "Kind people.", "agreed": False})
    assert {name: list(map(str, texts)) for name, texts in wrong.items()} == {"agreed": ["Please tick the box."]}
    house.sends(closed, "testimonial", words="Kind people.", shown_as="Mia", agreed=True)
    assert beside(clinic, staff, closed).panels[0][1].parts[0].text == "“Kind people.”\nMia"
    assert "may be published" in beside(clinic, staff, closed).tags
    house.sends(closed, "withdrawal", answer="withdraw")
    assert closed.reads()[-1] == "It is taken back." and beside(clinic, staff, closed).panels == ()
    assert house.todo(staff) == ["The visitor took back what may be published. Take it down."]


@pytest.mark.parametrize(("answer", "testimonials"), [("3", "yes"), ("5", "no")])
def test_nobody_else_is_asked_to_be_quoted(house, closed, answer, testimonials):
    house.sets(testimonials=testimonials)
    house.sends(closed, "rating", answer=answer)
    assert closed.reads()[-1] == "Thank you."


def test_staff_ask_how_somebody_is_and_who_feels_worse_comes_first(house, clinic, visitor, staff):
    other = clinic.visitor()
    other.says("Hello?")
    talked(visitor, staff)
    staff.opens(visitor)
    house.uses(staff, "check-back", days=3)
    assert beside(clinic, staff, visitor).panels[0][1].parts[0].text.startswith("They are asked how they are: 2026-")
    house.after(days=3, minutes=1)
    assert "You wrote to us. How are you now?" in asked(visitor)
    house.sends(visitor, "change", answer="worse")
    assert staff.inbox() == [visitor.conversation, other.conversation] and house.todo(staff) == ["The visitor feels worse."]
    assert "call 112 now" in visitor.reads()[-1]


def test_who_feels_better_is_left_in_peace_and_a_question_can_be_called_off(house, clinic, visitor, staff):
    talked(visitor, staff)
    staff.opens(visitor)
    house.uses(staff, "check-back", days=3)
    house.uses(staff, "no-check-back")
    house.after(days=4)
    assert "You wrote to us. How are you now?" not in asked(visitor)
    house.uses(staff, "check-back", days=1)
    house.after(days=2)
    house.sends(visitor, "change", answer="better")
    assert visitor.reads()[-1] == "Good to hear. Thank you." and staff.inbox() == [] and house.todo(staff) == []


def test_each_is_asked_in_their_language(house, clinic, visitor, staff):
    visitor.opens("Hallo?")
    clinic.sql("UPDATE conversations SET language = 'de' WHERE id = :id", id=visitor.conversation)
    talked(visitor, staff)
    house.after(days=2)
    assert asked(visitor)[-1] == "Wie zufrieden waren Sie mit uns?" and "- Überspringen" in visitor.reads()[-1]


def test_figures_that_could_be_one_persons_are_not_told():
    assert [feedback._figure(count) for count in (0, 1, 4, 5, 12)] == ["0", "<5", "<5", "5", "12"]


def test_what_is_kept_goes_with_the_conversation(house, clinic, closed, staff):
    house.sends(closed, "rating", answer="1")
    here = own(clinic.desk, staff.who, closed.conversation)
    assert kept.everything(clinic.desk, staff.who, here, clinic.clock())["feedback"]
