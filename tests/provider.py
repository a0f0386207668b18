"""An OpenID provider of somebody else's making (npm `oidc-provider`), as a process; and whoever signs in there by its forms."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.http.browser import Outside
from tests.http.forms import every_form

SECRET = "the provider's secret, of at least so many characters"


@contextmanager
def provider(folder: Path, *redirect_uris: str) -> Iterator[str]:
    """Its issuer, while the block lasts."""
    words = [shutil.which("node") or "node", str(Path(__file__).with_name("provider.mjs")), SECRET, *redirect_uris]
    with (folder / "provider.log").open("wb") as log, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            assert process.stdout
            lines = iter(process.stdout.readline, b"")
            yield next(line.decode().strip() for line in lines if line.startswith(b"http://"))
        finally:
            process.kill()


class Guest:
    """Somebody's browser at the provider: it keeps its cookies, so that it is not asked twice."""

    def __init__(self, issuer: str):
        self.browser = Outside(issuer, "127.0.0.1")

    def signs_in(self, url: str, account: str, refuses: bool = False) -> str:
        """Follow an address of the service's to the provider and sign in; the address that the provider sends one back to."""
        answer = self.browser.get(_path(url))
        for _ in range(12):
            while answer.status in (302, 303):
                if not answer.location.startswith(("/", self.browser.url)):
                    return answer.location
                answer = self.browser.get(_path(answer.location))
            assert answer.status == 200, answer.text
            if refuses:
                answer = self.browser.get(re.search(r'href="([^"]*/abort)"', answer.text)[1].removeprefix(self.browser.url))
                continue
            action, form = every_form(answer)[0]
            given = {"login": account, "password": "any"} if "login" in form else {}
            answer = self.browser.submit(_path(action), form | given)
        raise AssertionError("the provider never comes to an end")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def asked(url: str) -> dict[str, str]:
    """What an address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
