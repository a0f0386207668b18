"""Take the README's two pictures, of a demo with a made-up conversation: `python -m tests.browser.pictures`."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from securemsg.demo import SLUG
from tests.browser.people import Staff, Visitor
from tests.browser.small_png import smaller
from tests.servers import CHROMIUM_ARGUMENTS
from tests.service import ROOT, Service

FOLDER = ROOT / "widget" / "pictures"
CLINIC = {"viewport": {"width": 1280, "height": 800}, "timezone_id": "America/Halifax"}  # where the demo's clinic is
LARGEST_BYTES = 150_000  # a README that opens at once


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="securemsg-pictures-"))
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    try:
        with Service(folder, undo_seconds="10").start("demo") as demo, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
            take_both(demo, browser)
            browser.close()
    finally:
        shutil.rmtree(folder)


def take_both(demo: Service, browser: Browser) -> None:
    """A visitor asks, a nurse answers; one picture of each side."""
    added = demo.command("staff", "add", SLUG, "--name", "Ana Ruiz", "--email", "ana@harbour-lane.example", "--title", "Nurse")
    ana = Staff(browser.new_context(**CLINIC), f"{demo.url}/staff/{SLUG}/")
    ana.enrols(re.search(r"http\S+/start#\S+", added)[0], "four ducks on a pond")
    visitors = [Visitor(browser.new_context(**CLINIC), demo.site_url) for _ in range(3)]
    nora, omar, lin = visitors
    nora.begins("Hello! Could I have my blue inhaler again? I have about a week left.", category="Prescription",
                name="Nora Lindqvist", contact="+1 902 555 0177")
    omar.begins("Can I move Thursday's appointment?", category="Appointment", name="Omar Haddad", contact="omar@example.org")
    lin.begins("Where do I send my insurance card?", category="Billing", contact="lin@example.org")

    ana.opens(nora.reference).does("Claim")
    ana.replies("Hello Nora. Of course. Is it still the pharmacy on Front Street?")
    nora.says("Yes, the same one. Thank you!")
    nora.types("Also, a question about")
    nora.box.blur()
    take(nora.page, "widget.png")
    nora.types("")

    ana.sees("Yes, the same one. Thank you!")
    ana.notes("Last check of her peak flow was in May: offer a visit with Dr Nandakumar.")
    ana.replies("It is ready tomorrow after ten. Shall I also book your yearly check?")
    nora.inside.get_by_text("It is ready").wait_for()
    ana.page.locator("#f-reply").blur()
    ana.page.get_by_text("Opened by the visitor").nth(1).wait_for()
    take(ana.page, "reply-page.png")


def take(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.mouse.move(1, 1)
    size = (FOLDER / name).write_bytes(smaller(page.screenshot(animations="disabled", caret="hide")))
    print(f"{FOLDER / name}: {size:,} bytes")
    assert size <= LARGEST_BYTES, "too large for a README"


if __name__ == "__main__":
    main()
