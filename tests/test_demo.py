"""`securemsg demo`, which `make run` ends with: it says what it serves, and stops at Ctrl-C with nothing left."""

import re
import signal
from urllib.request import urlopen

from tests.service import until


def test_it_serves_what_it_says(demo):
    said = demo.output()
    assert demo.url in said and demo.site_url in said
    for address in (demo.url + "/widget.js", demo.url + "/frame/harbour-lane", demo.site_url):
        with urlopen(address) as answer:
            assert answer.status == 200, address


def test_ctrl_c_ends_service_and_website(demo):
    demo.stop(signal.SIGINT)
    until(lambda: not _listens(demo.url) and not _listens(demo.site_url), what="both to end")


def test_a_new_start_gives_a_new_link_while_nobody_has_enrolled(demo):
    demo.stop()
    demo.start("demo")
    links = re.findall(r"/start#(\S+)", demo.output())
    assert len(links) == len(set(links)) == 2


def _listens(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError as error:
        return "refused" not in str(error)
