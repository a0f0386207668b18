"""The pages of who watches over a clinic and keeps its records, with all there can be on them: accessible, on a small screen."""

import pytest
from playwright.sync_api import expect

from securemsg.desk import Desk, glass
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.door import staff_sessions
from securemsg.desk.erasing import holds
from securemsg.desk.journal import entry
from securemsg.times import DAY, now
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM, House

REASON = "She asks for a copy of her record."


@pytest.fixture(scope="module")
def watchers(house) -> House:
    """Cal and Pia Stone, who watch; Pia answers, too, and sets up the clinic."""
    house.hires("Cal Roe", roles=("compliance",))
    house.hires("Pia Stone", roles=("owner", "compliance", "staff"))
    return house


def who(house: House, desk: Desk, name: str) -> Who:
    return staff_sessions.session(desk, clinic(desk, ELM), house.tokens[ELM, name], "", None, now()).who


@pytest.fixture
def asked(watchers, new_visitor) -> str:
    """The reference of a conversation that a namesake read two days ago, that was opened for a review, is held, and that its
    visitor wants erased."""
    visitor = new_visitor(same_site=True).begins("I want my record.", category="Appointment", name="Ida Stone",
                                                 contact="ida@example.org")
    reference = visitor.reference
    with watchers.opened() as desk:
        home, cal, pia = clinic(desk, ELM), who(watchers, desk, "Cal Roe"), who(watchers, desk, "Pia Stone")
        id = glass.break_glass(desk, cal, home, reference, REASON, "HOPERAT", now())
        desk.database.write(entry(desk, pia, "conversation.read", "conversation", id, now() - 2 * DAY, conversation_id=id).write)
        held = holds.place(desk, cal, id, REASON, now())
        holds.lift(desk, cal, held, "It is over.", now())
    visitor.page.goto(f"{watchers.url}/contact/{ELM}/delete")
    visitor.page.locator("main form button").first.click()
    expect(visitor.page.get_by_text("The law asks the clinic to keep this conversation")).to_be_visible()
    return reference


def test_they_are_accessible_and_fit_a_small_screen(watchers, asked, new_staff):
    pia = new_staff("Pia Stone", viewport={"width": 320, "height": 640})
    shown = {"audit/": asked, "audit/?view=unusual": "same family name", "audit/?view=sample": asked,
             "audit/?view=glass": "What came of it", "records/": "asks for it to be lifted"}
    for path, text in shown.items():
        pia.page.goto(pia.clinic + path)
        expect(pia.page.get_by_role("main")).to_contain_text(text)
        assert_accessible(path, pia.page)
        assert pia.page.evaluate("document.documentElement.scrollWidth") <= 320, path
    assert not pia.trouble
