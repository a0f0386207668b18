"""How quickly the widget is there on a slow phone: the clinic's page, the click, the box."""

from collections import defaultdict
from collections.abc import Callable

from playwright.sync_api import CDPSession, Page, expect

from tests.browser.hosts import SCRIPTS
from tests.browser.people import Visitor

SLOWER = 4  # times: a phone of some years ago beside a desk computer
FIGURES = {
    # name: (what, goal, what no build may exceed), milliseconds
    "script": ("the widget's script on the clinic's page", 20, 40),
    "longest": ("the longest of it at once: up to 50 ms nobody waits", 50, 50),
    "painted": ("from the click to a painted panel", 100, 200),
    "warm": ("from the click to the focus in the box, where the pointer was over the launcher before", 500, 1500),
    "cold": ("from the click to the focus in the box", 1000, 1500),
}
# As a tap: nothing came over the launcher before, so nothing is there yet.
CLICK = """() => new Promise(done => { const at = performance.timeOrigin + performance.now();
    document.querySelector("secure-message").shadowRoot.querySelector("a").click();
    requestAnimationFrame(() => requestAnimationFrame(() => done([at, performance.timeOrigin + performance.now() - at]))) })"""


def measured(new_visitor: Callable[..., Visitor], tries: int = 1) -> dict[str, list[float]]:
    """Milliseconds of each try, by the names of FIGURES."""
    found = defaultdict(list)
    for _ in range(tries):
        for name, milliseconds in (*_page(new_visitor()), _box(new_visitor(same_site=True), "warm"),
                                   _box(new_visitor(same_site=True), "cold")):
            found[name].append(milliseconds)
    return found


def _page(visitor: Visitor) -> list[tuple[str, float]]:
    """On the clinic's page, while the frame is a process of its own."""
    slow, page = _slowed(visitor), visitor.page
    slow.send("Performance.enable")
    without = _script_milliseconds(slow, visitor.visits("/without").page)
    script = _script_milliseconds(slow, visitor.visits().page) - without
    _, painted = page.evaluate(CLICK)
    return [("script", script), ("painted", painted), ("longest", page.evaluate("longest"))]


def _box(visitor: Visitor, name: str) -> tuple[str, float]:
    """Until somebody can type; page and frame share a process here, and are slow alike."""
    _slowed(visitor)
    visitor.visits()
    expect(visitor.launcher).to_be_visible()
    if name == "warm":
        visitor.launcher.hover()
        visitor.box.wait_for(state="attached")
    clicked, _ = visitor.page.evaluate(CLICK)
    expect(visitor.box).to_be_focused()
    return name, visitor.page.frames[1].evaluate("reached") - clicked


def _slowed(visitor: Visitor) -> CDPSession:
    visitor.context.add_init_script(path=SCRIPTS / "slow_phone.js")
    slow = visitor.context.new_cdp_session(visitor.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return slow


def _script_milliseconds(slow: CDPSession, page: Page) -> float:
    """What ran on the page since it began to load."""
    page.wait_for_load_state("load")
    metrics = {each["name"]: each["value"] for each in slow.send("Performance.getMetrics")["metrics"]}
    return metrics["ScriptDuration"] * 1000
