"""axe-core on a page or in a frame, in light and in dark."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Frame, Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CALM = """() => Promise.race([new Promise(go => setTimeout(go, 2000)), Promise.all(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished.catch(() => 0)))])"""
# A row of the inbox is a link as a whole; axe sees its words alone, which halfway under the list's head seem to crowd its links.
TOP = "() => document.getElementById('list')?.scrollTo({ top: 0, behavior: 'instant' })"
RUN = """async (tags) => { const { violations, passes } = await axe.run(document, { runOnly: tags, iframes: false });
    return [passes.length, violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))]; }"""


def assert_accessible(what: str, page: Page, frame: Frame | None = None) -> None:
    """No violation of WCAG 2.2 A and AA nor of a best practice, in light and in dark; `frame` is looked at in place of its
    page."""
    where = frame or page.main_frame
    where.wait_for_load_state()  # what a form led to may be on its way still
    if not where.evaluate("!!window.axe"):
        where.evaluate(_axe())
    for scheme in ("light", "dark"):
        # Without motion, and once what began to move has ended: a colour that is still changing is not one that anybody reads.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where.evaluate(CALM)
        where.evaluate(TOP)
        passed, violations = where.evaluate(RUN, TAGS)
        assert not violations, f"{what}, {scheme}: " + "\n".join(violations)
        assert passed > 5, f"{what}: axe looked at nothing"
    page.emulate_media(color_scheme="null", reduced_motion="null")


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
