"""A sign-in that is about to end says so in time, can be kept, and takes nothing with it that somebody typed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from securemsg.crypto import tokens
from securemsg.desk.clinics import clinic
from securemsg.store import people
from securemsg.times import MINUTE, SECOND, now
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM, PASSWORD, House, email
from tests.browser.people import code
from tests.service import until


@dataclass
class Session:
    """The sign-in of one person that nobody else works with, and its clock."""

    house: House
    name: str
    secret: bytes

    def runs_out(self, seconds: float, idle_seconds: float = 0) -> None:
        """The last work was so many seconds ago, and the session ends in so many: as if the time between had passed."""
        with self._row() as (desk, home, row):
            last, until = now() - int(idle_seconds * SECOND), now() + int(seconds * SECOND)
            desk.database.write(lambda tx: people.touch_session(tx, home.id, row.id, last, until))

    def minutes_left(self) -> float:
        with self._row() as (_, _, row):
            return (row.idle_until - now()) / MINUTE

    @contextmanager
    def _row(self) -> Iterator:
        with self.house.opened() as desk:
            home, sha256 = clinic(desk, ELM), tokens.hashed(self.house.tokens[ELM, self.name])
            yield desk, home, desk.database.read(lambda tx: people.one_session(tx, home.id, sha256, now()))


@pytest.fixture(scope="module")
def nurses(house):
    """One for each test: all at once, since the service looks for new people only now and then."""
    return iter(house.hires(*(f"Uma{number} Vale" for number in range(5))).items())


@pytest.fixture
def session(house, nurses):
    return Session(house, *next(nurses))


@pytest.fixture
def uma(session, new_staff):
    return new_staff(session.name)


# A tab hears from another one in how many seconds the session ends: nobody waits for it, and no slow machine is too late.
HEARS = """seconds => { const { clinic, me, latest } = document.body.dataset;
    new BroadcastChannel(`securemsg-session-${clinic}-${me}`).postMessage({ idle: (Date.now() + seconds * 1000) * 1000,
        latest: Number(latest) }) }"""


def warning(where):
    return getattr(where, "page", where).get_by_role("alertdialog", name="Are you still there?")


def warned_in_time(session, uma) -> bool:
    """A page that was on its way may still say the earlier end, after the later word: then it is said again."""
    session.runs_out(121.5)
    uma.page.evaluate(HEARS, 121.5)
    with suppress(AssertionError):
        expect(warning(uma)).to_be_visible(timeout=5000)
    return warning(uma).is_visible()


def test_two_minutes_before_its_end_the_page_says_so_and_one_stays_by_one_key(session, visitor, uma):
    visitor.begins("Is the flu jab free?")
    uma.opens(visitor.reference).page.locator("#f-reply").fill("Half a sentence")
    session.runs_out(200)
    uma.page.reload()
    expect(warning(uma)).to_be_hidden()
    uma.page.locator("#f-reply").focus()
    until(lambda: warned_in_time(session, uma), seconds=90, what="the warning")
    expect(warning(uma)).to_contain_text("you will be signed out")
    expect(warning(uma).get_by_role("timer")).to_have_text(re.compile(r"^1:\d\d$"))
    expect(uma.page.get_by_role("button", name="Stay signed in")).to_be_focused()
    expect(uma.page).to_have_title(re.compile("^Signing out soon"))
    heard = warning(uma).evaluate("dialog => [...dialog.querySelectorAll('[role=status], [role=alert]')].map(e => e.textContent)")
    assert heard == ["", ""], "the seconds are not read aloud"
    assert_accessible("the warning", uma.page)
    session.runs_out(100, idle_seconds=800)
    uma.presses("Enter")
    expect(warning(uma)).to_be_hidden()
    until(lambda: session.minutes_left() > 14, what="a session that lasts")
    expect(uma.page.locator("#f-reply")).to_be_focused()
    expect(uma.page.locator("#f-reply")).to_have_value("Half a sentence")
    expect(uma.page).not_to_have_title(re.compile("^Signing out soon"))


def test_a_screen_reader_hears_one_sentence_a_minute_before(session, uma):
    session.runs_out(61)
    status = warning(uma.opens_inbox()).get_by_role("status")
    expect(status).to_have_text("One minute left.")
    session.runs_out(61, idle_seconds=800)
    uma.presses("Escape")
    expect(warning(uma)).to_be_hidden()
    until(lambda: session.minutes_left() > 14, what="a session that lasts: Escape means that somebody is there")


def test_several_tabs_agree(session, uma):
    session.runs_out(100)
    other = uma.context.new_page()
    for page in (uma.page, other):
        page.goto(f"{uma.clinic}?view=closed")
        expect(warning(page)).to_be_visible()
    session.runs_out(100, idle_seconds=800)
    other.get_by_role("button", name="Stay signed in").click()
    for page in (uma.page, other):
        expect(warning(page)).to_be_hidden()


def test_whoever_works_without_sending_stays_signed_in(session, visitor, uma):
    """Typing tells the service every two minutes; here the tab's clock is moved on by three."""
    visitor.begins("Is the flu jab free?")
    uma.opens(visitor.reference)
    session.runs_out(300, idle_seconds=600)
    uma.page.evaluate("const now = () => Performance.prototype.now.call(performance); performance.now = () => now() + 180_000")
    with uma.page.expect_response(re.compile("/sessions/here$")) as answer:
        uma.page.locator("#f-reply").press_sequentially("Y")
    assert answer.value.request.method == "POST" and answer.value.ok
    until(lambda: session.minutes_left() > 14, what="a session that lasts")


def test_when_it_has_ended_the_page_says_so_and_what_was_typed_comes_back(session, visitor, uma):
    visitor.begins("Is the flu jab free?")
    uma.opens(visitor.reference).page.locator("#f-reply").fill("Half a sentence")
    here = uma.page.url
    session.runs_out(100)
    uma.page.reload()
    expect(warning(uma)).to_be_visible()
    session.runs_out(2)
    uma.page.evaluate(HEARS, 2)
    expect(uma.page.get_by_role("status").filter(has_text="Your session has ended")).to_be_visible()
    expect(uma.page.get_by_text("What you had typed is kept")).to_be_visible()
    assert_accessible("signed out for want of work", uma.page)
    assert "Is the flu jab free?" not in uma.page.content()
    uma.signs_in(email(session.name), PASSWORD, code(session.secret, later_seconds=30))
    expect(uma.page).to_have_url(re.compile(re.escape(here.partition("#")[0])))
    expect(uma.page.locator("#f-reply")).to_have_value("Half a sentence")

