"""The people of the tests, by what they do: a visitor writes, staff answer."""

import re
import uuid
from typing import Self

from securemsg.crypto import credentials
from securemsg.times import SECOND, now
from tests.http.browser import Answer, Browser
from tests.http.forms import words


def new_key() -> str:
    """What a client makes when somebody presses send."""
    return str(uuid.uuid4())


class Visitor:
    """Somebody who writes to a clinic, with a token or, once `wish`ed for, a cookie."""

    def __init__(self, browser: Browser, clinic: str):
        self.browser, self.clinic = browser, clinic
        self.token, self.conversation = "", ""

    def card(self) -> dict:
        return self.browser.ask("GET", f"/clinics/{self.clinic}.json").json

    def opens(self, text: str = "Is the flu jab free?", key: str = "", wish: str = "", **changes: object) -> Answer:
        """Begin a conversation; `wish` is the Securemsg-Session header, `changes` replace parts of the body (None too)."""
        headers = {"Idempotency-Key": key or new_key()} | ({"Securemsg-Session": wish} if wish else {})
        answer = self.browser.ask("POST", f"/v1/clinics/{self.clinic}/conversations", self.opening(text, **changes), headers)
        if answer.status == 201:
            self.token, self.conversation = answer.json.get("token", ""), answer.json["conversation"]["id"]
        return answer

    def opening(self, text: str = "Is the flu jab free?", **changes: object) -> dict:
        body = {"category": "appointment", "about": "me", "name": "Leo", "contact": {"email": "leo@example.org"},
                "consent": self.card()["consent"]["sha256"] if "consent" not in changes else None,
                "kind": "text", "data": {"text": text}}
        return body | changes

    def asks(self, method: str, path: str = "", body: bytes | object = b"", headers: dict | None = None) -> Answer:
        """A call of /v1/conversation with what this visitor holds."""
        return self.browser.ask(method, f"/v1/conversation{path}", body, self.credentials() | (headers or {}))

    def credentials(self) -> dict[str, str]:
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"Securemsg-Clinic": self.clinic, "Sec-Fetch-Site": "same-origin"}

    def says(self, text: str, key: str = "") -> Answer:
        body = {"kind": "text", "data": {"text": text}}
        return self.asks("POST", "/messages", body, {"Idempotency-Key": key or new_key()})

    def items(self, after: int = 0) -> list[dict]:
        return self.asks("GET", f"/messages?after={after}").json["items"]

    def reads(self, after: int = 0) -> list[str]:
        """What the transcript says: texts, and the kind of what has none."""
        return [item["data"].get("text", item["kind"]) for item in self.items(after)]


def sitting_at(house, address: str) -> Visitor:
    """Somebody with a conversation of their own, who from now on sends from an address that others use too."""
    visitor = house.visitor()
    visitor.opens()
    visitor.browser.address = address
    return visitor


class Staff:
    """A member of staff with the reply page, as plain forms."""

    def __init__(self, browser: Browser, clinic: str):
        self.browser, self.clinic = browser, clinic
        self.known = None

    @classmethod
    def signed_in(cls, browser: Browser, known) -> Self:
        """Somebody who signed in a while ago."""
        person = cls(browser, known.clinic)
        person.known = known
        port = browser.url.rpartition(":")[2]
        secure = browser.url.startswith("https:")
        browser.jar["__Host-" * secure + f"securemsg_staff_{known.clinic}" + f"_{port}" * (not secure)] = known.token
        return person

    def path(self, rest: str = "") -> str:
        return f"/staff/{self.clinic}/{rest}"

    def opens(self, rest: str = "", headers: dict | None = None) -> Answer:
        return self.browser.get(self.path(rest), headers)

    def inbox(self, view: str = "open") -> list[str]:
        """The ids of the conversations in the list, as they stand."""
        return re.findall(r'<tr[^>]*\bid="c-([0-9a-f-]{36})"', self.opens(f"?view={view}").text)

    def reads(self, conversation: str) -> list[str]:
        """The words on a conversation's page, in order; the other entries by what they say."""
        page = self.opens(f"conversations/{conversation}")
        assert page.status == 200, page.text
        return words(page)

    def does(self, act: str, conversation: str, headers: dict | None = None, /, **form: object) -> Answer:
        """Send one of the forms of a conversation's page: reply, note, claim, release, close, reopen."""
        path = self.path(f"conversations/{conversation}/{act}")
        return self.browser.submit(path, {"key": new_key(), "me": self.known.id, "conversation": conversation} | form, headers)

    def replies(self, conversation: str, text: str, /, **form: object) -> Answer:
        return self.does("reply", conversation, text=text, **form)

    def signs_in(self, password: str, code: str, email: str = "", **form: object) -> Answer:
        fields = {"email": email or self.known.email, "password": password, "code": code, "key": new_key()}
        return self.browser.submit(self.path("sign-in"), fields | form)

    def steps_up(self) -> Answer:
        """Confirm by the first recovery code that was not used before: for five minutes nothing asks for more."""
        form = {"key": new_key(), "me": self.known.id}
        tried = (self.browser.submit(self.path("step-up"), form | {"step_up_code": code}) for code in self.known.codes)
        return next(answer for answer in tried if answer.status == 303)

    def code(self, later_seconds: float = 0) -> str:
        """What the authenticator shows, now or a while later."""
        return code(self.known.totp, later_seconds)


def code(secret: bytes, later_seconds: float = 0) -> str:
    return credentials.totp_code(secret, (now() + int(later_seconds * SECOND)) // SECOND // 30)
