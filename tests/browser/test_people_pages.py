"""The pages of owner and compliance: all of them by keyboard alone, accessible in light and in dark, whole on a small screen."""

import re

import pytest
from playwright.sync_api import Locator, expect

from securemsg.desk.clinics import clinic
from securemsg.desk.door import accounts, providers, staff_sessions
from securemsg.store import people
from securemsg.times import MINUTE, now
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM, QUIET, House
from tests.browser.people import Staff, code

ISSUER = "https://login.clinic.example"
STEP_UP = "step-up?next=/staff/{slug}/people/"
GONE = "step-up/acts/0192f0a0-0000-7000-8000-000000000000"  # what does not wait any more


@pytest.fixture(scope="module")
def everything(house) -> bytes:
    """Olu, who may do everything, at both clinics, and comes by the provider of one: the secret of the app at the other."""
    house.hires("Olu Adeyemi", roles=("owner", "compliance", "staff"), slug=QUIET)
    with house.opened() as desk:
        home = clinic(desk, QUIET)
        olu = desk.database.read(lambda tx: people.one(tx, home.id, house.ids[QUIET, "Olu Adeyemi"]))
        staff = staff_sessions.session(desk, home, house.tokens[QUIET, "Olu Adeyemi"], "", None, now())
        providers.keep(desk, staff.who, home, "Elm Login", ISSUER, "clinic", "secret", now())
        desk.database.write(accounts.tie(desk, home.id, accounts.account(desk, home.id, ISSUER, "olu"), olu, now()))
    return house.hires("Olu Adeyemi", roles=("owner", "compliance", "staff"))["Olu Adeyemi"]


def some_time_passes(house: House, name: str) -> None:
    """Nobody has confirmed in this session within the last minutes."""
    with house.opened() as desk:
        home, id = clinic(desk, ELM), house.ids[ELM, name]
        for row in desk.database.read(lambda tx: people.living_sessions(tx, home.id, id, now())):
            at = row.step_up_at - 6 * MINUTE
            mac = desk.vouch(*staff_sessions.facts(home.id, row.id, row.token_sha256, id, row.stage, at))
            desk.database.write(lambda tx, row=row, at=at, mac=mac: people.step_up(tx, home.id, row.id, row.mac, at, mac))


@pytest.mark.parametrize(("path", "slug"), [
    ("people/", ELM), ("people/{ana}", ELM), ("people/sign-in", ELM), ("people/sign-in", QUIET), ("audit/", ELM),
    ("records/", ELM), ("emergency-access", ELM), ("sessions/", ELM), (STEP_UP, ELM), (STEP_UP, QUIET), ("sign-in/code", QUIET),
    (GONE, ELM)])
def test_it_is_accessible_and_fits_a_small_screen(house, everything, new_staff, path, slug):
    olu = new_staff("Olu Adeyemi", slug, viewport={"width": 320, "height": 640})
    olu.context.add_cookies([{"name": f"securemsg_away_{slug}_{house.service.port}", "value": "anything", "url": house.url}])
    answer = olu.page.goto(olu.clinic + path.format(ana=house.ids[ELM, "Ana Ruiz"], slug=slug))
    assert answer.status == (404 if path == GONE else 200)
    assert_accessible(path, olu.page)
    assert olu.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_erasure_is_accessible_and_fits_a_small_screen(house, new_visitor):
    visitor = new_visitor(same_site=True, viewport={"width": 320, "height": 640}).begins("Is the flu jab free?")
    visitor.page.goto(f"{house.url}/contact/{ELM}/delete")
    assert_accessible("the question whether to erase it", visitor.page)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320


def goes(person: Staff, target: Locator, key: str = "Enter") -> None:
    """To a control and on with it."""
    person.tabs_to(target)
    person.presses(key)


def types(person: Staff, label: str, text: str) -> None:
    person.tabs_to(person.page.get_by_label(label, exact=True))
    person.page.keyboard.type(text)


def button(person: Staff, name: str) -> Locator:
    return person.page.get_by_role("button", name=name)


def test_the_menu_of_who_may_everything_is_one_line_and_unfolds_by_keyboard(everything, new_staff):
    olu = new_staff("Olu Adeyemi", viewport={"width": 1200, "height": 700})
    page, menu = olu.page, olu.page.locator(".menu")
    page.goto(f"{olu.clinic}people/")
    assert menu.bounding_box()["height"] < 45
    fold, records = menu.locator("summary"), menu.get_by_role("link", name="Records")
    goes(olu, fold)
    expect(menu.get_by_role("link", name="People")).to_have_attribute("aria-current", "page")
    assert_accessible("the menu, unfolded", page)
    olu.presses("Escape")
    expect(records).to_be_hidden()
    expect(fold).to_be_focused()
    olu.presses("Enter")
    olu.tabs_to(button(olu, "Sign out"))
    expect(records).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 700})
    assert menu.bounding_box()["height"] < 45
    goes(olu, fold)
    goes(olu, records)
    expect(page.get_by_role("heading", name="Records", exact=True)).to_be_visible()


def test_the_menu_unfolds_without_a_script(everything, new_staff):
    olu = new_staff("Olu Adeyemi", java_script_enabled=False)
    olu.page.goto(f"{olu.clinic}people/")
    olu.page.locator(".menu summary").click()
    olu.page.get_by_role("link", name="Oversight").click()
    expect(olu.page.get_by_role("heading", name="Oversight")).to_be_visible()


def test_somebody_is_added_given_roles_and_let_go_by_keyboard(house, everything, new_staff):
    olu = new_staff("Olu Adeyemi")
    some_time_passes(house, "Olu Adeyemi")
    page = olu.page
    page.goto(f"{olu.clinic}people/")
    types(olu, "Name", "Zoë Ångström")
    types(olu, "Email", "zoe@elm.example")
    goes(olu, page.get_by_role("checkbox", name="Nurse", exact=True), "Space")
    goes(olu, button(olu, "Add and make a link"))
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(code(everything, later_seconds=30))
    olu.presses("Enter")
    expect(page.get_by_role("heading", name="A link for Zoë Ångström")).to_be_visible()
    goes(olu, page.get_by_role("link", name="Continue"))
    doctor = page.get_by_role("checkbox", name="Doctor", exact=True)
    expect(page.get_by_role("checkbox", name="Nurse", exact=True)).to_be_checked()
    goes(olu, doctor, "Space")
    goes(olu, button(olu, "Save roles"))
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(doctor).to_be_checked()
    goes(olu, button(olu, "End the access of Zoë Ångström"))
    expect(page.get_by_text("no access since")).to_be_visible()
    expect(button(olu, "Save roles")).to_have_count(0)


def test_what_somebody_held_is_handed_over_by_keyboard(house, visitor, new_staff):
    house.hires("Nia Holt")
    house.hires("Rue Ito", roles=("owner", "staff"))  # who has confirmed a moment ago
    visitor.begins("Is the flu jab free?")
    nia = new_staff("Nia Holt").opens(visitor.reference)
    nia.does("Claim")
    rue = new_staff("Rue Ito")
    page = rue.page
    page.goto(f"{rue.clinic}people/")
    goes(rue, page.get_by_role("link", name="Nia Holt"))
    goes(rue, button(rue, "End the access of Nia Holt"))
    taker = page.get_by_label(f"Who takes {visitor.reference}")
    rue.tabs_to(taker)
    rue.presses("t")  # the whole name, typed on a slow machine, would end at somebody else's
    expect(taker.locator("option:checked")).to_have_text(re.compile("Tomas Berg"))
    goes(rue, button(rue, "Hand over"))
    expect(page.get_by_text("There is none left in this name.")).to_be_visible()
    tomas = new_staff("Tomas Berg").opens_inbox("mine")
    expect(tomas.rows.filter(has_text=visitor.reference)).to_have_count(1)


def test_a_passkey_is_added_and_removed_by_keyboard(house, new_staff):
    house.hires("Kit Moss")
    kit = new_staff("Kit Moss")
    session = kit.context.new_cdp_session(kit.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True}})
    kit.page.goto(f"{kit.clinic}sessions/")
    types(kit, "What to call it", "My key")
    goes(kit, button(kit, "Add a passkey"))
    expect(kit.page.get_by_role("heading", name="My key")).to_be_visible()
    goes(kit, button(kit, "Remove the passkey My key"))
    expect(kit.page.get_by_role("heading", name="My key")).to_have_count(0)
    assert not kit.trouble
