"""Visitors and staff in any engine, by what they do and what they see."""

from base64 import b32decode
from contextlib import suppress
from typing import Any, Self

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    NoSuchFrameException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.browser.people import code
from tests.service import until

# What somebody means by "the button that says", "the field called": the visible one, by the words people read.
BUTTON = """return [...document.querySelectorAll('button, summary, a')].find((one) => one.checkVisibility()
    && one.textContent.trim() === arguments[0])"""
LABEL = """return [...document.querySelectorAll('label')].find((one) => one.checkVisibility()
    && one.textContent.trim().startsWith(arguments[0]))"""
FIELD = """return [...document.querySelectorAll('input, textarea, select')].find((one) => one.checkVisibility()
    && [...(one.labels ?? [])].some((label) => label.textContent.trim().startsWith(arguments[0])))"""
TEXTS = """return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility())
    .map((one) => one.innerText.trim())"""
LAUNCHER = "return document.querySelector('secure-message')?.shadowRoot?.querySelector('a[aria-haspopup]')"
FRAME = "return document.querySelector('secure-message').shadowRoot.querySelector('iframe:not([hidden])')"
NOT_YET = (ElementClickInterceptedException, ElementNotInteractableException, JavascriptException, NoSuchElementException,
           NoSuchFrameException, StaleElementReferenceException)  # what a page that is just changing says


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, driver: WebDriver):
        self.driver = driver

    def goes_to(self, address: str) -> None:
        self.driver.switch_to.default_content()
        self.driver.get(address)

    def asks(self, script: str, *arguments: Any) -> Any:
        """What the page answers to a script; None while it is changing."""
        with suppress(*NOT_YET):
            return self.driver.execute_script(script, *arguments)

    def presses(self, *keys: str) -> None:
        """Keys go to whatever has the focus, in whichever frame it is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def tabs_back(self) -> None:
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()

    def finds(self, script: str, words: str) -> WebElement:
        return until(lambda: self.asks(script, words), what=f"{words!r} among {self.asks(TEXTS, 'body')}")

    def clicks(self, words: str) -> None:
        """The button or link that says so."""
        def done() -> bool:
            with suppress(*NOT_YET):
                self.finds(BUTTON, words).click()
                return True
            return False

        until(done, what=f"a click on {words!r}")

    def chooses(self, field: str, option: str) -> None:
        control = self.finds(FIELD, field)
        Select(control).select_by_value(option)
        self.asks("arguments[0].dispatchEvent(new Event('input', { bubbles: true }))", control)  # Chromium's driver leaves it out

    def ticks(self, words: str) -> None:
        """Whichever of a box or a pill it is that has these words, by its label, as people do."""
        self.finds(LABEL, words).click()

    def types(self, field: str, text: str) -> None:
        self.finds(FIELD, field).send_keys(text)

    def value(self, field: str) -> str:
        return self.finds(FIELD, field).get_property("value")

    def texts(self, css: str) -> list[str]:
        return self.asks(TEXTS, css) or []

    def sees(self, css: str, words: str, seconds: float = 40) -> None:
        until(lambda: any(words in text for text in self.texts(css)), seconds, f"{words!r} in {self.texts('body')}")


class Visitor(Person):
    """Somebody on a clinic's website."""

    def visits(self, address: str) -> Self:
        self.goes_to(address)
        return self

    def opens_the_widget(self) -> Self:
        ActionChains(self.driver).click(self.launcher).perform()
        return self.enters()

    @property
    def launcher(self) -> WebElement:
        self.driver.switch_to.default_content()
        return until(lambda: self.asks(LAUNCHER), what="the launcher")

    def enters(self) -> Self:
        """Into the frame, once it is there and has something to write in."""
        def inside() -> bool:
            self.driver.switch_to.default_content()
            frame = self.asks(FRAME)
            with suppress(*NOT_YET):
                if frame:
                    self.driver.switch_to.frame(frame)
                    return bool(self.asks("return document.querySelector('textarea')?.checkVisibility()"))
            return False

        until(inside, what="the frame")
        return self

    def fills_in(self) -> Self:
        """Answers the questions before a first message, and agrees to the notice."""
        self.chooses("What is it about?", "other")
        self.ticks("Me")
        self.ticks("I have read this and agree")
        return self

    def says(self, text: str) -> None:
        self.types("Your message", text)
        self.clicks("Send")
        until(lambda: self.texts(".log .mine .bubble")[-1:] == [text], what=f"{text!r} in {self.texts('body')}")
        until(lambda: not self.value("Your message"), what="an empty box")

    def reads(self) -> list[str]:
        return self.texts(".log .bubble")

    @property
    def reference(self) -> str:
        return self.texts(".reference strong")[0]


class WithoutScript(Person):
    """Somebody whose browser runs no script: the contact page by itself. Nothing here asks the page by a script either."""

    def clicks(self, words: str) -> None:
        self.driver.find_element("xpath", f"//button[normalize-space()='{words}']").click()

    def ticks(self, words: str) -> None:
        self.driver.find_element("xpath", f"//label[starts-with(normalize-space(), '{words}')]").click()

    def types(self, field: str, text: str) -> None:
        label = self.driver.find_element("xpath", f"//label[starts-with(normalize-space(), '{field}')]")
        self.driver.find_element("id", label.get_dom_attribute("for")).send_keys(text)

    def texts(self, css: str) -> list[str]:
        return [one.text.strip() for one in self.driver.find_elements("css selector", css)]


class Staff(Person):
    """Somebody at work with the reply page."""

    def enrols(self, link: str, password: str) -> bytes:
        """Follows the one-time link: the secret that the app on the phone now has."""
        self.goes_to(link)
        secret = b32decode(until(lambda: self.texts("#key-text"))[0].replace(" ", ""))
        self.types("New password", password)
        self.types("Code the app shows now", code(secret))
        self.clicks("Finish")
        self.sees("h1", "Your recovery codes")
        return secret

    def signs_in(self, address: str, email: str, password: str, code: str) -> None:
        self.goes_to(address)
        self.types("Email", email)
        self.types("Password", password)
        self.types("Code", code)
        self.clicks("Sign in")
        self.sees("h1", "Inbox")

    def replies(self, text: str) -> None:
        self.driver.find_element("id", "f-reply").send_keys(text)
        self.clicks("Send reply")
        self.sees(".entries .words", text)


ENTER, ESCAPE, TAB = Keys.ENTER, Keys.ESCAPE, Keys.TAB
