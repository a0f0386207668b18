"""`securemsg demo`, which `make run` ends with: it serves what it says, and Ctrl-C leaves nothing behind."""

import re
import signal
from urllib.request import urlopen

from tests.service import until


def test_it_serves_what_it_says_until_ctrl_c(demo):
    for address in (demo.url + "/widget.js", demo.url + "/frame/harbour-lane", demo.site_url):
        assert address.startswith(tuple(re.findall(r"http://\S+", demo.output())))
        with urlopen(address) as answer:
            assert answer.status == 200, address
    demo.stop(signal.SIGINT)
    until(lambda: not _listens(demo.url) and not _listens(demo.site_url), what="both to end")

    demo.start("demo")
    links = re.findall(r"/start#(\S+)", demo.output())
    assert len(set(links)) == 2, "while nobody has enrolled, each start gives a new one-time link"


def _listens(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError as error:
        return "refused" not in str(error)
