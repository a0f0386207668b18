"""What a visitor writes is nowhere to be read in the files of her browser, whatever becomes of it."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.people import Visitor
from tests.browser.test_outbox import says_that_it_is_hers
from tests.browser.test_sending import OPENING
from tests.browser.test_session import COUNTED, STORED, is_draft_kept
from tests.servers import CHROMIUM_ARGUMENTS, chromium_program
from tests.service import until


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The folder in which a browser keeps everything."""
    return tmp_path / "profile"


@pytest.fixture
def starts(house, browser, profile):
    """Starts a browser that keeps what it has in the profile; one after the other, as people do."""
    running = list[BrowserContext]()

    def start() -> Visitor:
        running.append(house.arrives(browser.browser_type.launch_persistent_context(
            profile, executable_path=chromium_program(), args=CHROMIUM_ARGUMENTS)))
        return Visitor(running[-1], house.hosts.url)

    yield start
    for context in running:
        context.close()


def holds(profile: Path, words: str) -> list[str]:
    """The files in which the words stand, in either way in which browsers write text."""
    forms = [words.encode(), words.encode("utf-16le")]
    return [path.name for path in profile.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)]


def test_neither_a_draft_nor_a_message_that_waits_can_be_read_in_the_profile(starts, profile):
    she = starts()
    she.visits().page.evaluate("localStorage.setItem('control', 'words that are not sealed')")
    she.context.route(OPENING, lambda route: route.abort())
    she.opens_the_widget().fills_in("Appointment", name="Leo Marsh", contact="leo@example.org").sends("itching since tuesday")
    expect(she.state).to_contain_text("You can close this page")
    first, she.page = she.page, she.context.new_page()
    she.page.add_init_script(COUNTED)
    she.inside = she.page.frame_locator("secure-message iframe")
    she.visits().opens_the_widget().fills_in(name="Omar Haddad").types("half a sentence")
    until(lambda: is_draft_kept(she), what="the draft in the tab's storage")
    assert first.frames[1].evaluate(STORED) == ["securemsg:elm:wrote", "securemsg:elm"]
    she.context.close()
    assert holds(profile, "words that are not sealed"), "this search finds nothing at all"
    hers = ("itching since", "Leo Marsh", "leo@example.org", "half a sent", "Omar Had")
    found = {words: holds(profile, words) for words in hers}
    assert not any(found.values()), found

    again = starts()
    again.visits().launcher.click()
    says_that_it_is_hers(again).sees("itching since tuesday")
    again.context.close()
    assert not holds(profile, "itching since")
