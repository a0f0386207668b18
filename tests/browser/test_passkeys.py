"""Passkeys with a real browser and an authenticator that Chromium plays: made, used to sign in and to confirm, told apart."""

from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.people import Staff

_numbers = count(1)
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
          "isUserVerified": True, "automaticPresenceSimulation": True}


class Pocket:
    """What plays the authenticator of one page."""

    def __init__(self, staff: Staff):
        self.session = staff.context.new_cdp_session(staff.page)
        self.session.send("WebAuthn.enable")
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def held(self) -> list[dict]:
        return self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]

    def knows_its_owner(self, verified: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})


@pytest.fixture
def iris(house, new_staff):
    """Somebody who has signed in a moment ago."""
    name = f"Iris{next(_numbers)} Vega"
    house.hires(name)
    return new_staff(name)


@pytest.fixture
def pocket(iris):
    """Her telephone, with a passkey that she has just added."""
    pocket = Pocket(iris)
    page = iris.page
    page.goto(f"{iris.clinic}sessions/")
    page.get_by_label("What to call it").fill("My telephone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="My telephone")).to_be_visible()
    return pocket


def test_one_is_added_signs_in_without_typing_confirms_and_is_removed(iris, pocket):
    page = iris.page
    [held] = pocket.held()
    assert held["isResidentCredential"] and held["rpId"] == "localhost"
    assert_accessible("one's own sign-ins, with a passkey", page)

    page.get_by_role("button", name="Sign out").click()
    # Chromium's stand-in answers at once what the page asked for in the email's box; a person would choose it there.
    page.wait_for_url("**/staff/elm/")
    expect(page.get_by_role("navigation", name="Staff")).to_be_visible()

    page.goto(f"{iris.clinic}step-up?next=/staff/elm/sessions/")
    assert_accessible("confirm", page)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_text("last used")).to_have_count(2)
    page.get_by_role("button", name="Remove the passkey My telephone").click()
    expect(page.get_by_role("heading", name="My telephone")).to_have_count(0)
    assert not iris.trouble


def test_the_button_asks_anew_and_says_when_nothing_came_of_it(iris, pocket):
    page = iris.page
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page.get_by_role("button", name="Sign out").click()
    button = page.get_by_role("button", name="Sign in with a passkey")
    expect(button).to_be_visible()
    assert_accessible("the sign-in with a passkey", page)
    pocket.knows_its_owner(False)
    button.click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was used. You can try again.")
    pocket.knows_its_owner(True)
    button.click()
    expect(page.get_by_role("navigation", name="Staff")).to_be_visible()


def test_the_same_device_is_told_apart(iris, pocket):
    page = iris.page
    page.get_by_label("What to call it").fill("Again")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey of yours already.")
    assert len(pocket.held()) == 1


def test_without_script_there_is_none_and_all_else_works(house, new_staff):
    page = new_staff("Ana Ruiz", java_script_enabled=False).page
    page.goto(f"{house.url}/staff/elm/sessions/")
    expect(page.get_by_text("This browser cannot make passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    page.goto(f"{house.url}/staff/elm/sign-in")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_the_pages_fit_a_small_screen(house, new_staff):
    page = new_staff("Ana Ruiz", viewport={"width": 320, "height": 640}).page
    for path in ("sessions/", "step-up", "sign-in"):
        page.goto(f"{house.url}/staff/elm/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
