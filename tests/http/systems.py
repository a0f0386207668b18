"""Other systems of a clinic, as they use the API: with a token, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from securemsg.desk import open_desk
from securemsg.desk.access import SCOPES, Who
from securemsg.desk.clinics import clinic
from securemsg.desk.system import tokens
from securemsg.settings import load
from securemsg.times import DAY
from tests.clinic import Practice
from tests.http.browser import Answer, Browser
from tests.http.house import HARBOUR, House
from tests.http.people import Visitor, new_key
from tests.http.running import Running


class System:
    """An EHR, a phone system, a report. `id` is its token's."""

    def __init__(self, browser: Browser, token: str, id: str = ""):
        self.browser, self.token, self.id = browser, token, id

    @classmethod
    def of(cls, house: House, *scopes: str, slug: str = HARBOUR, label: str = "EHR") -> Self:
        """With a fresh token; without words for all scopes there are."""
        home, now = clinic(house.desk, slug), house.clock()
        token, made = tokens.add(house.desk, Who("service", home.id), home, label, scopes or tuple(SCOPES), 90 * DAY, now)
        return cls(house.browser(), token, made.id)

    @property
    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def asks(self, method: str, path: str, body: bytes | object = b"", headers: dict | None = None) -> Answer:
        return self.browser.ask(method, f"/api/v1{path}", body, self.credentials | (headers or {}))

    def gets(self, path: str, **headers: str) -> Answer:
        return self.asks("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def lists(self, query: str = "") -> list[dict]:
        """All conversations, page by page, as `next` leads."""
        path, items = f"/conversations?{query}", []
        while path:
            answer = self.gets(path)
            assert answer.status == 200, answer.text
            items += answer.json["items"]
            path = _next(answer)
        return items

    def sees(self, conversation: str) -> Answer:
        return self.gets(f"/conversations/{conversation}")

    def reads(self, conversation: str, query: str = "") -> list[str]:
        """The words of a conversation, by kind where there are none."""
        answer = self.gets(f"/conversations/{conversation}/messages?{query}")
        assert answer.status == 200, answer.text
        return [item["data"].get("text", item["kind"]) for item in answer.json["items"]]

    def replies(self, conversation: str, text: str = "Yes, it is.", key: str = "", tag: str = "", **body: object) -> Answer:
        headers = {"Idempotency-Key": key or new_key()} | ({"If-Match": tag} if tag else {})
        said = {"kind": "text", "data": {"text": text}} | body
        return self.asks("POST", f"/conversations/{conversation}/messages", said, headers)

    def changes(self, conversation: str, tag: str = "", key: str = "", **wanted: object) -> Answer:
        """PATCH, on condition of `tag`, or of what it is now."""
        told = {"Idempotency-Key": key or new_key(), "If-Match": tag or self.sees(conversation).headers["ETag"]}
        return self.asks("PATCH", f"/conversations/{conversation}", wanted, told)

    def notes(self, conversation: str, text: str, key: str = "") -> Answer:
        return self.asks("POST", f"/conversations/{conversation}/notes", {"text": text}, {"Idempotency-Key": key or new_key()})


@contextmanager
def beside(running: Running) -> Iterator[Practice]:
    """Harbour Lane's desk in this process, beside the one that serves: as commands work."""
    desk = open_desk(load(running.service.environ))
    try:
        yield Practice(desk, HARBOUR, desk.clock)  # type: ignore[arg-type]
    finally:
        desk.close()


def let_in(running: Running, slug: str = HARBOUR) -> System:
    """A system with a fresh token."""
    with beside(running) as here:
        home = clinic(here.desk, slug)
        token, made = tokens.add(here.desk, Who("service", home.id), home, "EHR", tuple(SCOPES), DAY, here.desk.clock())
    return System(running.browser(), token, made.id)


def _next(answer: Answer) -> str:
    """The path of the next page, out of the Link header; "" on the last."""
    link = answer.headers.get("Link", "")
    assert bool(link) == bool(answer.json["next"])
    return link.partition("/api/v1")[2].partition(">")[0]


def arrived(house: House, text: str = "Is the flu jab free?", **changes: object) -> Visitor:
    """Somebody whose conversation has begun."""
    visitor = house.visitor()
    assert visitor.opens(text, **changes).status == 201
    return visitor
