"""Checks 10 to 13 and 18: strict pages take the widget without a violation, and it binds itself as promised."""

import pytest
from playwright.sync_api import expect

REPORT = "addEventListener('securitypolicyviolation', e => console.error('violation', e.violatedDirective, e.blockedURI))"


@pytest.fixture
def watched(visitor):
    """Somebody whose browser complains about every violation, on the page and in the frame."""
    visitor.context.add_init_script(REPORT)
    return visitor


def test_10_a_page_with_a_strict_policy(watched):
    watched.begins("Is the flu jab free?", path="/strict").closes_the_widget()
    assert watched.page.evaluate(INLINE_SCRIPT) is False, "this page's policy is not strict"
    assert not [trouble for trouble in watched.trouble if "inline" not in trouble]


INLINE_SCRIPT = """() => { const script = document.createElement('script'); script.text = 'window.ran = true';
    document.head.append(script); return !!window.ran }"""


def test_11_a_page_with_trusted_types(watched):
    watched.begins("Is the flu jab free?", path="/trusted").closes_the_widget()
    assert not watched.trouble
    assert _takes_markup(watched.page) is False, "this page does not enforce Trusted Types"


def test_12_an_isolated_page(watched):
    watched.begins("Is the flu jab free?", path="/isolated").closes_the_widget()
    assert watched.page.evaluate("crossOriginIsolated") is True
    assert not watched.trouble


def test_13_the_frames_own_policy_is_strict_and_never_violated(house, watched):
    watched.begins("Is the flu jab free?")
    frame = next(answer for answer in watched.answers if answer.url == f"{house.url}/frame/elm")
    policy = dict(part.strip().partition(" ")[::2] for part in frame.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["worker-src"] == "'self'"
    assert policy["trusted-types"] == "securemsg-solver", "one policy, which gives one address"
    assert policy["frame-ancestors"].split() == [house.hosts.url, house.hosts.same_site_url]
    assert "unsafe" not in " ".join(policy.values())
    assert not watched.trouble
    assert _takes_markup(watched.page.frames[1]) is False


def test_13_the_reply_page_is_strict_too_and_never_violated(visitor, staff):
    staff.context.add_init_script(REPORT)
    visitor.begins("Is the flu jab free?")
    staff.opens(visitor.reference).replies("Yes.")
    visitor.says("Good.")
    staff.sees("Good.")
    assert _takes_markup(staff.page) is False
    assert [trouble for trouble in staff.trouble if "trusted" not in trouble.lower()] == []


def test_18_the_frames_attributes_are_exact(house, visitor):
    visitor.visits().opens_the_widget()
    frame = visitor.page.locator("secure-message iframe")
    names = ("src", "title", "sandbox", "allow", "referrerpolicy")
    assert {name: frame.get_attribute(name) for name in names} == {
        "src": f"{house.url}/frame/elm", "title": "Send us a message", "allow": "clipboard-write",
        "referrerpolicy": "strict-origin",
        "sandbox": "allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads"}
    expect(frame).to_be_visible()


def _takes_markup(page) -> bool:
    """Whether text would become markup here; where Trusted Types rule it cannot."""
    return page.evaluate("() => { try { document.createElement('p').innerHTML = '<b>'; return true } catch { return false } }")
