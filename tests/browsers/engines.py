"""The engines that visitors have, each set up to refuse what it can of another site's cookies and storage."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options as ChromiumOptions
from selenium.webdriver.chrome.service import Service as ChromiumService
from selenium.webdriver.firefox.options import Options as FirefoxOptions
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from tests.browsers.marionette import CONTEXT, Marionette
from tests.servers import CHROMIUM_ARGUMENTS, chromium_program
from tests.service import until

FIREFOX_PREFERENCES = {
    "marionette.port": 0,  # any; it writes into its profile which one
    "remote.prefs.recommended": True,  # quiet, as for every test
    "services.settings.server": "data:,#remote-settings-dummy/v1",  # asks nobody
    "browser.startup.page": 0,
}

PARTITIONED = {"network.cookie.cookieBehavior": 5}
NOTHING = {"network.cookie.cookieBehavior": 1, "network.cookie.CHIPS.enabled": False}
Begun = tuple[WebDriver, Callable[[], list[str]]]  # a browser, and what it complains of on its pages


@dataclass(frozen=True)
class Engine:
    """One engine as a person may have it. `keeps`: whether it has to find again, after a reload, what a
    frame of another site showed; one that refuses such a frame everything may fail to, if it says so."""

    name: str
    begin: Callable[..., AbstractContextManager[Begun]]  # (a new folder, scripts: bool)
    keeps: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")


@contextmanager
def chromium(folder: Path, scripts: bool = True) -> Iterator[Begun]:
    """Third-party cookies are phased out, and refused by its settings besides: only what is partitioned is kept."""
    options = ChromiumOptions()
    options.binary_location = chromium_program()
    for argument in (*CHROMIUM_ARGUMENTS, "--headless=new", "--test-third-party-cookie-phaseout", f"--user-data-dir={folder}"):
        options.add_argument(argument)
    chosen = {"profile.block_third_party_cookies": True, "profile.cookie_controls_mode": 1}
    chosen |= {} if scripts else {"profile.managed_default_content_settings.javascript": 2}
    options.add_experimental_option("prefs", chosen)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, ChromiumService(program("chromedriver", "chromium-driver")))
    try:
        yield driver, lambda: [line["message"] for line in driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
    finally:
        driver.quit()


@contextmanager
def firefox(folder: Path, scripts: bool = True, kept: dict = PARTITIONED) -> Iterator[Begun]:
    """Total Cookie Protection as it comes; or, with `NOTHING`, a browser that refuses another site all cookies and storage."""
    chosen = {**FIREFOX_PREFERENCES, **kept, "javascript.enabled": scripts}
    folder.mkdir()
    lines = [f"user_pref({text(name)}, {text(value)});" for name, value in chosen.items()]
    (folder / "user.js").write_text("\n".join(lines))
    words = [program("firefox-esr", "firefox-esr"), "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([*words, "--profile", str(folder)], stdout=log, stderr=log)
    try:
        port = folder / "MarionetteActivePort"
        until(lambda: port.exists() and port.read_text(), 60, "Firefox")
        with closing(Marionette(int(port.read_text()))) as connection:
            driver = webdriver.Remote(connection, options=FirefoxOptions())
            yield driver, lambda: complaints_of_firefox(driver)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


@contextmanager
def webkit(folder: Path, scripts: bool = True) -> Iterator[Begun]:
    """Safari's engine, with Intelligent Tracking Prevention: no cookie of another site at all, storage partitioned."""
    options = WebKitOptions()
    options.binary_location = next(iter(glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")))
    more = () if scripts else ("--enable-javascript=false",)
    for argument in ("--automation", "--enable-itp", "--cookies-policy=no-third-party",
                     "--enable-write-console-messages-to-stdout=true", *more):
        options.add_argument(argument)
    folder.mkdir()
    with screen() as display, open(folder / "log", "wb") as log:
        server = program("WebKitWebDriver", "webkit2gtk-driver")
        service = WebKitService(server, log_output=log, env=os.environ | {"DISPLAY": display})
        driver = webdriver.WebKitGTK(options, service)
        try:
            yield driver, lambda: [line for line in (folder / "log").read_text().splitlines() if line.startswith("CONSOLE")]
        finally:
            driver.quit()


ENGINES = (
    Engine("Chromium", chromium),
    Engine("Firefox", firefox),
    Engine("Firefox that keeps nothing", lambda folder, scripts=True: firefox(folder, scripts, NOTHING), keeps=False),
    Engine("WebKit", webkit),
)


@contextmanager
def screen() -> Iterator[str]:
    """A screen that nobody sees; WebKitGTK has no other way."""
    near, far = os.pipe()
    words = [program("Xvfb", "xvfb"), "-displayfd", str(far), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    process = subprocess.Popen(words, pass_fds=(far,), stderr=subprocess.DEVNULL)
    os.close(far)
    try:
        with os.fdopen(near) as said:
            yield f":{said.readline().strip()}"
    finally:
        process.terminate()
        process.wait(10)


def complaints_of_firefox(driver: WebDriver) -> list[str]:
    """Errors of pages, as its console lists them. Its warnings tell what it does not know, and which cookies it refused."""
    driver.execute(CONTEXT, {"value": "chrome"})
    try:
        return driver.execute_script("""return Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError
            && !(one.flags & one.warningFlag) && /^https?:/.test(one.sourceName)).map((one) => `${one}`)""")
    finally:
        driver.execute(CONTEXT, {"value": "content"})


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} was not found: `make browsers` installs it where it may; else install the package `{package}`"
    return found


def text(value: str | int | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
