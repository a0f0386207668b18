"""What the widget costs a visitor: bytes and requests before and after the click, and how soon a slow phone is ready."""

import gzip
import json
from collections.abc import Callable
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.measuring import Plan
from tests.bench.outcome import Outcome
from tests.bench.servers import Stage
from tests.browser.house import House, furnished
from tests.browser.people import Visitor
from tests.browser.speed import FIGURES, SLOWER, measured
from tests.browser.test_quiet import without_card
from tests.servers import CHROMIUM_ARGUMENTS, chromium_program


def browsing(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """On a clinic's website beside the service, in Chromium, with a processor that is made four times slower."""
    with furnished(stage.folder / "house") as house, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_program(), args=CHROMIUM_ARGUMENTS)
        meter = Meter()
        found = measured(_visitors(house, chromium), plan.rounds)
        noisy = meter.others() > plan.quiet_cores
        out.goals += [Goal("W1", f"{what}, {SLOWER} × slower", most, found[name], unit="ms", aim=aim, noisy=noisy)
                      for name, (what, aim, most) in FIGURES.items()]
        out.goals += [*_bytes(house), *_requests(_visitors(house, chromium)())]
        out.rounds["browsing"] = found
        chromium.close()


def _visitors(house: House, chromium: Browser) -> Callable[..., Visitor]:
    def arrive(same_site: bool = False) -> Visitor:
        context: BrowserContext = house.arrives(chromium.new_context())
        return Visitor(context, house.hosts.same_site_url if same_site else house.hosts.url)

    return arrive


def _bytes(house: House) -> list[Goal]:
    def gzipped(path: str) -> int:
        return len(gzip.compress(_read(house.url + path), 9))

    files = json.loads(_read(f"{house.url}/static/widget/manifest.json"))
    built = {name: gzipped(f"/static/widget/{file}") for name, file in files.items() if name != "widget.js"}
    later = max(size for name, size in built.items() if not name.startswith(("frame", "staff")))
    frame = len(gzip.compress(without_card(_read(f"{house.url}/frame/elm")), 9)) + built["frame.js"] + built["frame.css"]
    return [Goal("W2", "bytes of the loader", 3_000, [gzipped("/widget.js")], unit="B", aim=2_200),
            Goal("W2", "bytes of the frame that is ready to type in", 10_000, [frame], unit="B", aim=5_500),
            Goal("W2", "bytes of the largest part that comes later", 6_000, [later], unit="B", aim=3_000)]


def _requests(visitor: Visitor) -> list[Goal]:
    with visitor.page.expect_request_finished(lambda request: request.url.endswith("/widget.js")) as loaded:
        visitor.visits()
    visitor.page.wait_for_load_state("networkidle")
    before, sizes = len(visitor.requests) - 1, loaded.value.sizes()  # without the clinic's own page
    first = sizes["responseBodySize"] + sizes["responseHeadersSize"]
    visitor.opens_the_widget().page.wait_for_load_state("networkidle")
    return [Goal("W3", "requests before anybody acts", 2, [before], unit="", aim=1),
            Goal("W3", "their bytes, with headers", 4_096, [first], unit="B", aim=2_867),
            Goal("W3", "requests from there to a box to type in", 6, [len(visitor.requests) - 1 - before], unit="", aim=4)]


def _read(address: str) -> bytes:
    with urlopen(address) as answer:
        return answer.read()
