"""The reply page in two panes: the list stays, nothing typed is lost or crosses over, colleagues see each other."""

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.house import ELM
from tests.http.browser import Outside
from tests.http.people import Visitor
from tests.service import until

CONVERSATION = re.compile(r"/conversations/[^/]+$")


@pytest.fixture
def asks(house):
    """Makes somebody who has asked something, by a program: what is tested is the other side."""
    def ask(text, name):
        visitor = Visitor(Outside(house.behind_the_wire), ELM)
        answer = visitor.opens(text, name=name)
        assert answer.status == 201, answer.text
        return SimpleNamespace(visitor=visitor, reference=answer.json["conversation"]["reference"], id=visitor.conversation)

    return ask


@pytest.fixture
def two(asks):
    return asks("Is the flu jab free?", "Leo Marsh"), asks("When do you open?", "Mia Holm")


@pytest.fixture
def ana(new_staff):
    return new_staff()


def link(staff, asked):
    return staff.page.locator(f"#c-{asked.id} a")


def box(staff):
    return staff.page.locator("#f-reply")


def opens(staff, asked):
    link(staff, asked).click()
    expect(staff.page.locator("h1 .reference")).to_have_text(asked.reference)


def caught(page, held):
    """The request that a route holds back, once it has come."""
    until(lambda: page.evaluate("1") and held, what="a request to hold back")
    return held.pop()


def openings(staff):
    return [request for request in staff.requests if request.method == "GET" and CONVERSATION.search(request.url)]


def test_the_work_by_single_keys_which_open_nothing_by_moving_and_can_be_switched_off(two, ana):
    leo, _ = two
    page = ana.opens_inbox().page
    expect(page.locator("#live")).to_have_text("Live")
    ana.presses("j")
    expect(ana.rows.get_by_role("link").first).to_be_focused()
    link(ana, leo).focus()
    ana.presses("j", "k")
    expect(link(ana, leo)).to_be_focused()
    assert not openings(ana), "whoever opens a conversation is recorded: moving opens none"
    ana.presses("o")
    expect(page.locator("h1 .reference")).to_have_text(leo.reference)
    expect(page.locator("h1")).to_be_focused()
    expect(link(ana, leo)).to_have_attribute("aria-current", "true")
    assert page.url.endswith(f"/conversations/{leo.id}") and len(openings(ana)) == 1
    ana.presses("r")
    expect(box(ana)).to_be_focused()
    page.keyboard.type("jkrneou? ")
    expect(box(ana)).to_have_value("jkrneou? ")
    for key, place in (("n", "#f-note"), ("e", "#f-reason")):
        page.locator("h1").focus()
        ana.presses(key)
        expect(page.locator(place)).to_be_focused()
    page.locator("#close > summary").press("Escape")
    ana.presses("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use the single keys").uncheck()
    ana.presses("Escape")
    page.reload()
    page.locator("h1").focus()
    ana.presses("r", "j", "?")
    expect(page.locator("h1")).to_be_focused()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use the single keys").check()
    page.get_by_role("button", name="Done").click()
    page.locator("h1").focus()
    ana.presses("u")
    expect(link(ana, leo)).to_be_focused()
    ana.presses("Enter")
    expect(page.locator("h1")).to_be_focused()
    assert not ana.trouble


def test_what_is_typed_stays_with_its_conversation_through_swaps_back_and_slow_answers(two, ana):
    leo, mia = two
    page = ana.opens_inbox().page
    opens(ana, leo)
    box(ana).fill("for Leo")
    held = []
    page.route(f"**/conversations/{mia.id}", lambda route: held.append(route))
    link(ana, mia).click()
    box(ana).press_sequentially(" alone")
    link(ana, leo).dispatch_event("click")  # Leo after all: the answer that comes late must not take the screen
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    caught(page, held).continue_()
    page.unroute_all()
    expect(box(ana)).to_have_value("for Leo alone")
    opens(ana, mia)
    expect(box(ana)).to_have_value("")
    box(ana).fill("for Mia")
    page.go_back()
    expect(page.locator("h1 .reference")).to_have_text(leo.reference)
    expect(box(ana)).to_have_value("for Leo alone")
    page.go_forward()
    expect(box(ana)).to_have_value("for Mia")
    page.go_back()
    expect(box(ana)).to_have_value("for Leo alone")

    page.route("**/reply", lambda route: held.append(route))
    page.get_by_role("button", name="Send reply").click()
    link(ana, mia).dispatch_event("click")
    expect(box(ana)).to_have_value("for Mia")
    caught(page, held).continue_()
    expect(page.locator("#announce")).to_contain_text("Sending")
    expect(box(ana)).to_have_value("for Mia")
    assert ana.reads() == ["When do you open?"]
    opens(ana, leo)
    expect(page.locator("#undo")).to_be_visible()
    expect(box(ana)).to_have_value("")
    ana.does("Send now")
    until(lambda: leo.visitor.reads() == ["Is the flu jab free?", "for Leo alone"], what="the reply where it belongs")
    assert mia.visitor.reads() == ["When do you open?"]


def test_the_list_stays_where_it_is_and_changes_while_a_conversation_is_open(asks, two, ana):
    leo, mia = two
    page = ana.opens_inbox().page
    opens(ana, leo)
    box(ana).fill("Half a sentence")
    box(ana).focus()
    place = page.locator("#list")
    place.evaluate("list => { list.style.blockSize = '8rem'; list.scrollTop = 70; }")
    before = place.evaluate("list => list.scrollTop")
    ida = asks("Are you there?", "Ida Holt")
    expect(page.locator(f"#c-{ida.id}")).to_have_count(1)
    expect(box(ana)).to_be_focused()
    expect(box(ana)).to_have_value("Half a sentence")
    assert place.evaluate("list => list.scrollTop") == before
    mia.visitor.says("Hello?")
    expect(page.locator(f"#c-{mia.id} .count")).to_contain_text("2")
    assert all(leo.id in request.url for request in openings(ana)), "nothing but what somebody opened is fetched"


def test_a_draft_goes_on_at_another_computer_and_is_not_written_over_from_here(two, ana, new_staff):
    leo, _ = two
    opens(ana.opens_inbox(), leo)
    box(ana).fill("Begun at the desk")
    expect(ana.page.locator("[data-saved]")).to_have_text("Draft saved.")
    other = new_staff()
    opens(other.opens_inbox(), leo)
    expect(box(other)).to_have_value("Begun at the desk")
    box(other).fill("Begun at the desk, ended at home")
    expect(other.page.locator("[data-saved]")).to_have_text("Draft saved.")
    box(ana).press_sequentially(" and")
    expect(ana.page.locator("[data-saved]")).to_contain_text("another window")
    other.replies("Begun at the desk, ended at home")
    other.page.reload()
    expect(box(other)).to_have_value("")
    assert leo.visitor.reads()[1:] == ["Begun at the desk, ended at home"]


def test_colleagues_see_who_is_replying_and_what_is_on_its_way_and_undo_gives_it_back(two, ana, new_staff):
    leo, _ = two
    tomas, elsewhere = new_staff("Tomas Berg"), new_staff("Maren Whitlock").opens_inbox()
    for staff in (ana, tomas):
        opens(staff.opens_inbox(), leo)
    for staff in (tomas, elsewhere):
        expect(staff.page.locator("#live")).to_have_text("Live")
    box(ana).press_sequentially("Yes")
    row = f"#c-{leo.id} .typing"
    for place in (tomas.page.locator("#typing"), tomas.page.locator(row), elsewhere.page.locator(row)):
        expect(place).to_have_text("Ana Ruiz is replying…")
    expect(ana.page.locator("#typing")).to_have_text("")
    ana.sends("Yes, it is.")
    expect(ana.page.locator("#announce")).to_have_text("Sending in 10 seconds. Undo takes it back.")
    expect(ana.page.locator("[data-left]")).to_have_text(re.compile(r"\d+ s"))
    expect(tomas.page.locator("#theirs")).to_contain_text("Ana Ruiz is sending an answer")
    tomas.page.locator("#f-reply").fill("I think so.")
    tomas.page.get_by_role("button", name="Send reply").click()
    expect(tomas.page.locator("#f-reply-wrong")).to_contain_text("Ana Ruiz is sending an answer just now")
    expect(box(tomas)).to_have_value("I think so.")
    ana.page.get_by_role("button", name="Undo").click()
    expect(box(ana)).to_have_value("Yes, it is.")
    expect(box(ana)).to_be_focused()
    expect(ana.page.locator("#announce")).to_contain_text("nothing was sent")
    expect(tomas.page.locator("#theirs")).to_have_count(0)
    ana.page.reload()
    expect(box(ana)).to_have_value("Yes, it is.")
    assert leo.visitor.reads() == ["Is the flu jab free?"] and not ana.trouble


def test_a_press_counts_although_the_page_moves_under_it_and_what_is_saved_moves_nothing(two, ana):
    leo, _ = two
    page, held = ana.opens_inbox().page, []
    opens(ana, leo)
    send, line = page.get_by_role("button", name="Send reply"), page.locator("[data-saved]")
    page.route("**/draft", lambda route: held.append(route))
    box(ana).fill("Yes, it is.")
    place = send.bounding_box()
    caught(page, held).continue_()
    page.unroute_all()
    expect(line).to_have_text("Draft saved.")
    assert send.bounding_box() == place
    for drawn in (True, False):
        send.hover()
        page.mouse.down()
        if drawn:  # whoever draws the pointer away before letting go has thought better of it
            page.mouse.move(10, 10)
        line.evaluate("line => { line.style.blockSize = line.style.blockSize ? '' : '9rem' }")
        page.mouse.up()
    expect(page.locator("#undo")).to_be_visible()
    assert len([request for request in ana.requests if request.method == "POST" and "/reply" in request.url]) == 1


@pytest.mark.parametrize("width", [320, 1280])
def test_without_script_and_on_a_small_screen_it_is_two_linked_pages(two, new_staff, width):
    leo, _ = two
    ana = new_staff(java_script_enabled=False, viewport={"width": width, "height": 640})
    page = ana.opens_inbox().page
    opens(ana, leo)
    assert page.locator("#list").is_visible() == (width == 1280)
    box(ana).fill("Half a sentence")
    with page.expect_navigation():
        page.get_by_role("button", name="Keep as draft").click()
    expect(box(ana)).to_have_value("Half a sentence")
    page.get_by_role("button", name="Send reply").click()
    page.get_by_role("button", name="Undo").click()
    expect(box(ana)).to_have_value("Half a sentence")
    page.get_by_role("button", name="Send reply").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#undo")).to_have_count(0)
    assert leo.visitor.reads()[1:] == ["Half a sentence"]


def test_a_small_screen_shows_one_pane_at_a_time_and_nothing_runs_over(two, new_staff):
    leo, _ = two
    ana = new_staff(viewport={"width": 320, "height": 640})
    page = ana.opens_inbox().page
    link(ana, leo).scroll_into_view_if_needed()
    left = page.evaluate("scrollY")
    opens(ana, leo)
    expect(page.locator("#list")).to_be_hidden()
    box(ana).fill("Yes.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#undo")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    ana.does("Send now")
    page.get_by_role("link", name="Inbox").last.click()
    expect(page.locator("#list")).to_be_visible()
    until(lambda: abs(page.evaluate("scrollY") - left) < 3, what="the place in the list that was left")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_save_that_fails_is_tried_again_and_never_takes_the_place_of_a_newer_draft(house, two, new_staff):
    house.hires("Nell Ott")  # who signs out at the end
    (leo, _), ana = two, new_staff("Nell Ott")
    page = ana.opens_inbox().page
    opens(ana, leo)
    page.route("**/draft", lambda route: route.abort())
    box(ana).fill("abc")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    page.unroute_all()
    expect(page.locator("[data-saved]")).to_have_text("Draft saved.")
    page.route("**/draft", lambda route: route.fulfill(status=503))
    box(ana).fill("never arrived")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    other = new_staff("Nell Ott")
    opens(other.opens_inbox(), leo)
    box(other).fill("A long and careful answer, written at home")
    expect(other.page.locator("[data-saved]")).to_have_text("Draft saved.")
    page.unroute_all()
    page.reload()
    expect(box(ana)).to_have_value("A long and careful answer, written at home\n\nnever arrived")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved.")
    page.route("**/draft", lambda route: route.abort())
    box(ana).fill("Only here")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[data-kept]")).to_be_visible()


def test_undo_after_an_answer_that_was_lost_in_another_conversation_and_under_the_focus(two, ana):
    leo, mia = two
    page, held = ana.opens_inbox().page, []
    opens(ana, leo)
    box(ana).fill("Yes, it is.")
    page.route("**/reply", lambda route: (route.fetch(), route.abort()))
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("[data-failure]")).to_contain_text("It is not known whether this was sent")
    page.unroute_all()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#undo")).to_have_count(0)
    expect(box(ana)).to_have_value("Yes, it is.")
    expect(page.locator("[data-failure]")).to_have_count(0)
    page.get_by_role("button", name="Send reply").click()
    page.route("**/undo", lambda route: held.append(route))
    page.get_by_role("button", name="Undo").click()
    undo = caught(page, held)
    opens(ana, mia)
    box(ana).fill("for Mia")
    undo.continue_()
    expect(page.locator("#announce")).to_contain_text("kept in the conversation that you left")
    expect(box(ana)).to_have_value("for Mia")
    page.get_by_role("button", name="Send reply").click()
    page.get_by_role("button", name="Undo").focus()
    expect(page.locator("#undo")).to_have_count(0, timeout=20_000)
    expect(box(ana)).to_be_focused()


def test_undo_gives_the_text_back_also_where_the_page_hears_of_it_before_the_answer_comes(two, ana):
    leo, _ = two
    page, held = ana.opens_inbox().page, []
    opens(ana, leo)
    expect(page.locator("#live")).to_have_text("Live")
    ana.sends("Yes, it is.")
    page.route("**/undo*", lambda route: held.append((route, route.fetch())))
    page.get_by_role("button", name="Undo").click()
    undo, answer = caught(page, held)
    expect(page.locator("#undo")).to_have_count(0)
    undo.fulfill(response=answer)
    expect(box(ana)).to_have_value("Yes, it is.")
    expect(box(ana)).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Your text is in the box again")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved.")
    page.reload()
    expect(box(ana)).to_have_value("Yes, it is.")


def test_back_while_offline_stays_at_what_is_shown_and_nothing_else_counts_as_opened(two, ana):
    leo, mia = two
    page = ana.opens_inbox().page
    opens(ana, leo)
    opens(ana, mia)
    page.context.set_offline(True)
    page.go_back()
    expect(page).to_have_url(re.compile(mia.id))
    page.context.set_offline(False)
    expect(page.locator("#live")).to_have_text("Live", timeout=30_000)
    before = len(openings(ana))
    mia.visitor.says("Hello again")
    expect(page.locator(".entry .words").last).to_have_text("Hello again")
    assert all(mia.id in request.url for request in openings(ana)[before:])
