"""How quickly the widget is there on a slow phone: the clinic's page, the click, the box; each number a median of tries."""

import statistics
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.hosts import SCRIPTS
from tests.browser.people import Visitor

SLOWER = 4  # times: a phone of some years ago beside a desk computer
TRIES = 3
# figure: (what, goal, what no build may exceed), milliseconds
FIGURES = {
    "script": ("the widget's script on the clinic's page", 20, 40),
    "blocked": ("beyond 50 ms in which the clinic's page could not answer", 0, 0),
    "painted": ("from the click to a painted panel", 100, 200),
    "warm": ("from the click to the focus in the box, where the pointer was over the launcher before", 500, 1500),
    "cold": ("from the click to the focus in the box", 1000, 1500),
}
# As a tap: nothing came over the launcher before, so nothing is there yet.
CLICK = """() => new Promise(done => { const at = performance.timeOrigin + performance.now();
    document.querySelector("secure-message").shadowRoot.querySelector("a").click();
    requestAnimationFrame(() => requestAnimationFrame(() => done([at, performance.timeOrigin + performance.now() - at]))) })"""


def measured(new_visitor: Callable[..., Visitor]) -> dict[str, float]:
    """The medians, in milliseconds, by the names of FIGURES; frame and page share a process here, and are slow alike."""
    tries = [_one(new_visitor(same_site=True), warm) for warm in (False, True) for _ in range(TRIES)]
    return {name: statistics.median(found[name] for found in tries if name in found) for name in FIGURES}


def _one(visitor: Visitor, warm: bool) -> dict[str, float]:
    page = visitor.page
    visitor.context.add_init_script(path=SCRIPTS / "slow_phone.js")
    slow = visitor.context.new_cdp_session(page)
    slow.send("Performance.enable")
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    without = _script_milliseconds(slow, visitor.visits("/without").page)
    found = {"script": _script_milliseconds(slow, visitor.visits().page) - without, "blocked": page.evaluate("blocked")}
    if warm:
        visitor.launcher.hover()
        visitor.box.wait_for(state="attached")
    clicked, found["painted"] = page.evaluate(CLICK)
    expect(visitor.box).to_be_focused()
    found["warm" if warm else "cold"] = page.frames[1].evaluate("reached") - clicked
    return found


def _script_milliseconds(slow, page: Page) -> float:
    """What ran on the page since it began to load."""
    page.wait_for_load_state("load")
    metrics = {each["name"]: each["value"] for each in slow.send("Performance.getMetrics")["metrics"]}
    return metrics["ScriptDuration"] * 1000
