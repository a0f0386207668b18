"""Pages as people read them: what a transcript says, and what a form holds."""

import html
import re
from html.parser import HTMLParser

from tests.http.browser import Answer


def words(page: Answer) -> list[str]:
    """The texts of a transcript on any of the pages."""
    texts = re.findall(r'<p class="words" dir="auto">(.*?)</p>', _transcript(page.text), re.DOTALL)
    return [html.unescape(text) for text in texts]


def fields(page: Answer, act: str = "") -> dict[str, str]:
    """What a browser would send with a page's form (the one to `act`, or the last), had nothing been typed."""
    return next(form for to, form in reversed(every_form(page)) if to.endswith(act))


def every_form(page: Answer) -> list[tuple[str, dict[str, str]]]:
    """Where each form of a page goes, and what it sends."""
    return _Forms(page.text).forms


class _Forms(HTMLParser):
    """The forms of a page: where each goes, and its successful controls (HTML, 4.10.22.4)."""

    def __init__(self, text: str):
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._area = self._select = ""
        self.feed(text.replace("\r\n", "\n"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        name, value = at.get("name") or "", at.get("value") or ""
        if tag == "form":
            self.forms.append((at.get("action") or "", {}))
        elif tag == "input" and name and (at.get("type") not in ("checkbox", "radio") or "checked" in at):
            self.forms[-1][1][name] = value or ("on" if at.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in at or self._select not in self.forms[-1][1]):
            self.forms[-1][1][self._select] = value
        elif tag == "textarea":
            self._area, self.forms[-1][1][name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


def _transcript(page: str) -> str:
    return page.partition('<ol class="entries"')[2].partition("</ol>")[0]
