"""On another device, the whole way: staff answer, a mail goes out, a telephone opens its link, the widget shows the code."""

import email
import email.policy
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.house import House, furnished
from tests.outbound.test_mail import Box, server
from tests.service import until

BOX = Box()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    with server(BOX) as mails, furnished(tmp_path_factory.mktemp("house"), plugins="email", mail_from="messages@elm.example",
                                         smtp_url=f"smtp://127.0.0.1:{mails.port}", email_visitor_wait_minutes="0") as made:
        yield made


def link(count: int) -> str:
    """The link of the newest mail, once so many have come."""
    until(lambda: len(BOX.mails) == count, 30)
    message = email.message_from_bytes(BOX.mails[-1][2], policy=email.policy.default)
    return re.search(r"https?://\S+/return#[\w-]{43}", message.get_body(("plain",)).get_content())[0]


def shown(visitor) -> str:
    """The code that the widget shows."""
    inside = visitor.inside
    inside.get_by_text("Options").click()
    inside.get_by_role("button", name="Continue on another device").click()
    dialog = inside.get_by_role("dialog")
    dialog.get_by_role("button", name="Show a code").click()
    code = dialog.locator(".code")
    expect(code).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    return code.inner_text()


def test_from_the_widget_to_the_telephone_and_signed_out_everywhere(new_visitor, staff, new_person, house):
    zeb, before = new_visitor(same_site=True), len(BOX.mails)
    zeb.begins("Is the flu jab free?", contact="zeb@example.org")
    zeb.closes_the_widget()
    staff.opens_inbox().opens(zeb.reference)
    staff.replies("Yes, on Tuesdays.")
    address, telephone = link(before + 1), house.arrives(new_person(viewport={"width": 360, "height": 640})).new_page()
    telephone.goto(address)
    expect(telephone.get_by_label("Secret from your link")).to_be_hidden()
    expect(telephone.get_by_label("The six digits of the code")).to_be_focused()
    assert "#" not in telephone.url, "the secret has left the address bar"
    assert_accessible("the page behind a link", telephone)
    telephone.get_by_label("The six digits of the code").fill("12")
    telephone.get_by_role("button", name="Continue").click()
    expect(telephone.get_by_role("alert")).to_contain_text("Please enter the six digits of the code.")
    expect(telephone.get_by_label("Secret from your link")).to_be_hidden()
    zeb.opens_the_widget()
    code = shown(zeb)
    assert_accessible("a code in the widget", zeb.page, zeb.page.frames[1])
    telephone.get_by_label("The six digits of the code").fill(code)
    telephone.get_by_role("button", name="Continue").click()
    expect(telephone.get_by_text("Yes, on Tuesdays.")).to_be_visible()
    telephone.goto(address)
    expect(telephone.get_by_text("Yes, on Tuesdays."), "who is in it needs no code").to_be_visible()
    dialog = zeb.inside.get_by_role("dialog")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    shown(zeb)
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("listitem").filter(has_text="Opened by a link from a mail")).to_have_count(1)
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(zeb.inside.get_by_text("This conversation has ended on this device.")).to_be_visible()
    telephone.reload()
    expect(telephone.get_by_text("Yes, on Tuesdays.")).to_have_count(0)
