"""How a page stands on the screen: what is cut off, what is covered, how large a thing to press is, how strong a contrast."""

from playwright.sync_api import ElementHandle, Frame, Page

from tests.browser.hosts import SCRIPTS

_FUNCTIONS = (SCRIPTS / "looks.js").read_text("utf-8")


def call(name: str) -> str:
    """One of the functions of looks.js, for `evaluate`."""
    return f"argument => {{ {_FUNCTIONS}\nreturn {name}(argument) }}"


def walk(page: Page, key: str = "Tab", most: int = 90) -> list[str]:
    """Tabs from where the focus is until the page is left or begins again: the names of what had the focus, each of it in
    sight, outlined, and not covered by anything (WCAG 2.2: 2.4.7, 2.4.11)."""
    names: list[str] = []
    for _ in range(most):
        page.keyboard.press(key)
        found = focused(page)
        if not found:
            return names
        names.append(shown(found))
        if names[1:] and names[-1] == names[0]:
            return names[1:]
    raise AssertionError(f"no end after {names[-5:]}")


def shown(found: ElementHandle) -> str:
    """The name of what has the focus; fails when it is out of sight, covered, or does not show that it has it."""
    name = found.evaluate(call("nameOf"))
    assert found.evaluate(call("seen")), f"{name} has the focus and is covered"
    assert found.evaluate(call("outlined")), f"{name} has the focus and does not show it"
    return name


def focused(page: Page) -> ElementHandle | None:
    """The control that has the focus, in whichever frame, or None."""
    for frame in page.frames:
        found = frame.evaluate_handle(call("focused")).as_element()
        if found:
            return found
    return None


def assert_nothing_is_cut_off(where: Frame | Page, what: str = "") -> None:
    """Nothing stands beyond the right edge, nothing is wider than the box that it is in (1.4.10, 1.4.12)."""
    beyond, cut = where.evaluate(call("cutOff"))
    assert beyond <= 0 and not cut, f"{what}: {beyond} px to scroll sideways, {cut}"


def too_small(where: Frame | Page, least: int) -> list[list]:
    """What can be pressed and is smaller than so many pixels (2.5.8)."""
    targets = where.evaluate(call("targets"))
    assert targets, "nothing to press"
    return [target for target in targets if min(target[1:]) < least - .5]


def contrast(where: Frame | Page, element: str, ground: str = "") -> float:
    """Of an element's text on its own ground, or on another element's, as the browser paints them."""
    return where.evaluate(call("contrast"), [element, ground or element])
