"""Visitors and staff in browsers, by what they do and what they see."""

import base64
import hmac
import time
from typing import Self

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Request, Response, Route, expect

expect.set_options(timeout=20_000)  # milliseconds: several browsers share two processors


class Person:
    """Somebody with a browser; whatever it complains about is kept in `trouble`."""

    def __init__(self, context: BrowserContext):
        self.context, self.trouble = context, list[str]()
        self.requests, self.answers = list[Request](), list[Response]()
        context.on("console", lambda said: said.type in ("error", "warning") and self.trouble.append(f"{said.type}: {said.text}"))
        context.on("weberror", lambda error: self.trouble.append(f"exception: {error.error}"))
        context.on("request", lambda request: self.requests.append(request))
        context.on("response", lambda answer: self.answers.append(answer))
        self.page = context.new_page()

    def asked(self, method: str, end: str) -> list[Request]:
        """The requests so far of that method to an address that ends so."""
        return [request for request in self.requests if request.method == method and request.url.endswith(end)]

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tabs_to(self, target: Locator, key: str = "Tab") -> None:
        """Goes on from control to control, as somebody without a mouse does, until this one has the focus."""
        for _ in range(300):  # the inbox of a whole run is long
            if target.evaluate("element => element.getRootNode().activeElement === element && document.hasFocus()"):
                return
            self.presses(key)
        raise AssertionError(f"no {key} leads to {target}")


class Visitor(Person):
    """Somebody on a clinic's website, or on the full window of a conversation."""

    def __init__(self, context: BrowserContext, site: str):
        super().__init__(context)
        self.site = site
        self.inside: FrameLocator | Page = self.page.frame_locator("secure-message iframe")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("secure-message a[aria-haspopup]")

    @property
    def panel(self) -> Locator:
        return self.page.locator("secure-message dialog")

    @property
    def box(self) -> Locator:
        return self.inside.get_by_label("Your message")

    @property
    def state(self) -> Locator:
        """What the box says about the message in it."""
        return self.inside.locator("form.composer").get_by_role("status")

    @property
    def alert(self) -> Locator:
        return self.inside.locator("form.composer").get_by_role("alert")

    @property
    def button(self) -> Locator:
        return self.inside.locator("form.composer button.send")

    @property
    def bubbles(self) -> Locator:
        return self.inside.locator(".log .bubble")

    def visits(self, path: str = "/") -> Self:
        self.page.goto(self.site + path)
        return self

    def opens_the_widget(self) -> Self:
        self.launcher.click()
        expect(self.box).to_be_visible()
        return self

    def comes_back(self, path: str = "/") -> Self:
        """Closes the tab; later on opens the clinic's page in a new one, with what the browser has kept."""
        self.page.close()
        self.page = self.context.new_page()
        self.inside = self.page.frame_locator("secure-message iframe")
        return self.visits(path)

    def closes_the_widget(self) -> None:
        self.panel.get_by_role("button", name="Close").click()
        expect(self.panel).to_be_hidden()

    def fills_in(self, category: str = "Something else", about: str = "Me", name: str = "", contact: str = "") -> Self:
        """Answers the questions before a first message, and agrees to the notice."""
        self.inside.get_by_label("What is it about?").select_option(label=category)
        self.inside.get_by_role("radio", name=about, exact=True).check()
        if name:
            self.inside.get_by_label("Your name").fill(name)
        if contact:
            self.inside.get_by_label("Your email or phone number").fill(contact)
        self.inside.get_by_label("I have read this and agree").check()
        return self

    def types(self, text: str) -> None:
        self.box.fill(text)

    def sends(self, text: str) -> None:
        """Types and presses the button; what becomes of it is another matter."""
        self.types(text)
        self.button.click()

    def says(self, text: str) -> None:
        """Sends, and sees it stand in the conversation."""
        self.sends(text)
        expect(self.inside.locator(".log .mine .bubble").last).to_have_text(text)
        expect(self.box).to_have_value("")

    def begins(self, text: str, path: str = "/", **answers: str) -> Self:
        """From the clinic's page to a running conversation."""
        self.visits(path).opens_the_widget().fills_in(**answers).says(text)
        return self

    def sees(self, text: str) -> None:
        expect(self.inside.locator(".log").get_by_text(text, exact=True)).to_be_visible()

    def hears_that(self, what: str) -> None:
        """The newest line about what happened: who took the conversation, that it was closed …"""
        expect(self.inside.locator(".log .event").last).to_contain_text(what)

    def reads(self) -> list[str]:
        """What stands in the conversation, bubble by bubble."""
        return self.bubbles.all_inner_texts()

    def chooses(self, option: str) -> None:
        """One of the two things in the panel's menu."""
        self.inside.locator("summary", has_text="Options").click()
        self.inside.locator(".menu").get_by_text(option).click()

    @property
    def reference(self) -> str:
        return self.inside.locator(".reference strong").inner_text()


class Staff(Person):
    """Somebody at work with the reply page of `clinic`, an address like http://localhost:1/staff/elm/."""

    def __init__(self, context: BrowserContext, clinic: str):
        super().__init__(context)
        self.clinic = clinic

    @property
    def rows(self) -> Locator:
        return self.page.locator("tbody tr")

    @property
    def words(self) -> Locator:
        return self.page.locator(".entries .words")

    def enrols(self, link: str, password: str) -> bytes:
        """Follows the one-time link and sets up a sign-in: the secret that the app on the phone now has."""
        self.page.goto(link)
        return self.enrols_here(password)

    def enrols_here(self, password: str) -> bytes:
        key = self.page.locator("#key-text").inner_text()
        secret = base64.b32decode(key.replace(" ", ""))
        self.page.get_by_label("New password").fill(password)
        self.page.get_by_label("Code the app shows now").fill(code(secret))
        self.page.get_by_role("button", name="Finish").click()
        expect(self.page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        return secret

    def signs_in(self, email: str, password: str, code: str) -> None:
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_label("Code").fill(code)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def opens_inbox(self, view: str = "open") -> Self:
        self.page.goto(f"{self.clinic}?view={view}")
        return self

    def opens(self, reference: str) -> Self:
        """One conversation, from the inbox."""
        self.opens_inbox().rows.filter(has_text=reference).get_by_role("link").click()
        expect(self.page.locator("h1 .reference")).to_have_text(reference)
        return self

    def replies(self, text: str) -> None:
        """Sends, and does not wait for the seconds in which it could be taken back."""
        self.sends(text)
        self.does("Send now")
        expect(self.page.locator("#undo")).to_have_count(0)
        self.sees(text)

    def sends(self, text: str) -> None:
        """Types and presses the button: it goes out in ten seconds, unless it is taken back."""
        self.page.locator("#f-reply").fill(text)
        self.page.get_by_role("button", name="Send reply").click()
        expect(self.page.locator("#f-reply")).to_have_value("")

    def notes(self, text: str) -> None:
        self.page.locator("#noting > summary").click()
        self.page.locator("#f-note").fill(text)
        self.page.get_by_role("button", name="Keep note").click()
        self.sees(text)

    def does(self, act: str) -> None:
        """Claim, Hand back, Reopen, Mark urgent …"""
        button = self.page.get_by_role("button", name=act, exact=True)
        button.click()
        expect(button).to_have_count(0)

    def closes(self, reason: str) -> None:
        self.page.locator("#close > summary").click()
        self.page.get_by_label("Reason").select_option(label=reason)
        self.page.get_by_role("button", name="Close conversation").click()
        expect(self.page.locator(".facts")).to_contain_text(f"Closed: {reason}")

    def sees(self, text: str) -> None:
        expect(self.words.get_by_text(text, exact=True)).to_be_visible()

    def reads(self) -> list[str]:
        return self.words.all_inner_texts()


def code(secret: bytes, later_seconds: int = 0) -> str:
    """What the authenticator app shows (RFC 6238, SHA-1, six digits)."""
    step = (int(time.time()) + later_seconds) // 30
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def refuse_the_cookie(route: Route) -> None:
    """What the service answers where the browser has dropped the cookie of a frame from another site."""
    if "authorization" in route.request.headers:
        route.continue_()
    else:
        route.fulfill(status=401, content_type="application/problem+json", body='{"detail": "There is no conversation."}')
