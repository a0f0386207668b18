"""The demo clinic's website: each page as strict as promised, carrying what a clinic pastes and no more."""

import signal
import subprocess
import sys
from contextlib import suppress
from html.parser import HTMLParser
from urllib.request import urlopen

import pytest

from securemsg.demo import CLINIC, SLUG
from securemsg.demo.site import PAGES, make_site
from tests.service import ROOT, free_port, lives, until

SERVICE = "http://localhost:8000"
site = make_site(SERVICE, SLUG).test_client()


class Page(HTMLParser):
    """Every start tag of a page, with its attributes."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize("path", [path for path, _ in PAGES.values()] + ["/not-there"])
def test_every_page_carries_one_script_and_one_element(path):
    answer = site.get(path)
    page = Page(answer.text)
    assert [script["src"] for script in page.all("script")] == [f"{SERVICE}/widget.js"]
    assert [element["src"] for element in page.all("secure-message")] == [f"{SERVICE}/frame/{SLUG}"]
    assert {"href": f"{SERVICE}/contact/{SLUG}"} in page.all("a")
    assert not page.all("style") and not [tag for tag, attributes in page.tags if "style" in attributes]


@pytest.mark.parametrize("path", [path for path, _ in PAGES.values()])
def test_what_a_page_asks_for_is_there(path):
    page = Page(site.get(path).text)
    wanted = [image["src"] for image in page.all("img")] + [link["href"] for link in page.all("link")]
    wanted += [anchor["href"] for anchor in page.all("a") if str(anchor["href"]).startswith("/")]
    for address in wanted:
        with site.get(address) as answer:
            assert answer.status_code == 200, address


def test_the_policy_names_the_service_for_scripts_and_frames_alone():
    policy = site.get("/").headers["Content-Security-Policy"]
    open_to_service = [part.split()[0] for part in policy.split("; ") if SERVICE in part]
    assert open_to_service == ["script-src", "frame-src"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_the_clinic_of_the_demo_is_the_clinic_of_the_website():
    page = site.get(PAGES["team"][0]).text
    assert all(doctor in page for doctor in CLINIC["doctors"])


def test_the_website_ends_with_the_process_that_started_it(tmp_path):
    port = free_port()
    program = (
        f"from securemsg.demo.site import start_site;print(start_site({port}, '{SERVICE}', '{SLUG}').pid, flush=True); input()"
    )
    words = [sys.executable, "-c", program]
    parent = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin and parent.stdout
    child = int(parent.stdout.readline())
    until(lambda: _answers(port), what="the website")
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    until(lambda: not lives(child), what="the website's end")


def _answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.status == 200
    return False
