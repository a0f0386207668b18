"""The main job in every engine, where the clinic's page and the service are two sites and nothing of another site is kept."""

import json
import re

from tests.browser.house import ELM
from tests.browser.people import code
from tests.browsers.people import ENTER, ESCAPE, TAB, Staff, Visitor, WithoutScript
from tests.service import ROOT, until

WORDS = ROOT / "securemsg" / "words"
SAID = ["Is the flu jab free?", "Yes, on Tuesdays.", "Thank you."]
KEPT = "return [document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter(Boolean)"

FOCUSED_LAUNCHER = "return document.activeElement.shadowRoot.activeElement.ariaExpanded"
FOCUSED = "return document.activeElement.shadowRoot?.activeElement?.localName"
FITS = "return [document.documentElement.dir, document.documentElement.scrollWidth <= innerWidth]"


def test_a_visitor_writes_staff_answer_and_she_reads_it_live(house, engine, new, desk):
    mia = new(Visitor).visits(f"{house.hosts.url}/trusted").opens_the_widget().fills_in()
    mia.says(SAID[0])
    conversation = desk.finds(mia.reference)
    desk.replies(conversation, SAID[1])
    mia.sees(".log .theirs .bubble", SAID[1])
    mia.says(SAID[2])
    assert desk.reads(conversation) == mia.reads() == SAID

    told = "This browser keeps nothing" in " ".join(mia.texts("body"))
    assert not (told and engine.keeps)
    mia.visits(f"{house.hosts.url}/trusted").opens_the_widget()
    mia.sees("body", "What is it about?" if told else SAID[2])  # who was not told that nothing is kept finds all of it again
    assert mia.reads() == ([] if told else SAID)


def test_on_the_clinics_own_domain_a_cookie_keeps_it_in_every_engine(house, new, desk):
    mia = new(Visitor).visits(f"{house.hosts.same_site_url}/strict").opens_the_widget().fills_in()
    mia.says(SAID[0])
    assert not [name for name in mia.asks(KEPT) if "token" in name], "no script may ever see a session"
    mia.visits(f"{house.hosts.same_site_url}/strict").opens_the_widget()
    mia.sees(".log .mine .bubble", SAID[0])
    desk.replies(desk.finds(mia.reference), SAID[1])
    mia.sees(".log .theirs .bubble", SAID[1])

    mia.visits(f"{house.url}/frame/{ELM}?window=1")  # a window of its own
    mia.sees(".log .theirs .bubble", SAID[1])
    assert mia.reads() == SAID[:2]


def test_without_script_the_contact_page_does_the_same(house, new, desk):
    mia = new(WithoutScript, scripts=False)
    mia.goes_to(f"{house.hosts.url}/")
    mia.driver.find_element("link text", "Send us a message").click()  # the launcher is a link, and stays one
    until(lambda: mia.driver.current_url == f"{house.url}/contact/{ELM}", what="the contact page")
    for words in ("Something else", "Me", "I have read this and agree"):
        mia.ticks(words)
    mia.types("Your message", SAID[0])
    mia.clicks("Send message")
    mia.sees(".words", SAID[0])
    conversation = desk.finds(mia.texts(".reference")[0])
    desk.replies(conversation, SAID[1])
    mia.driver.find_element("partial link text", "Check for replies").click()
    mia.sees(".words", SAID[1])
    mia.types("Write more", SAID[2])
    mia.clicks("Send")
    mia.sees(".words", SAID[2])
    assert desk.reads(conversation) == SAID


def test_in_arabic_from_right_to_left(house, new, pictures):
    layla, words = new(Visitor), json.loads((WORDS / "ar" / "frame.json").read_text("utf-8"))
    layla.goes_to(f"{house.url}/frame/{ELM}?lang=ar")
    layla.chooses(words["frame.category"], "other")
    layla.ticks(words["frame.me"])
    layla.ticks(words["frame.consent"])
    layla.types(words["frame.text"], "هل لقاح الإنفلونزا مجاني؟ call 911")
    pictures(layla, "arabic")
    layla.clicks(words["frame.send"])
    layla.sees(".log .mine .bubble", "هل لقاح الإنفلونزا مجاني؟ call 911")
    assert layla.asks(FITS) == ["rtl", True]
    pictures(layla, "arabic-sent")


def test_by_keyboard_in_and_out(house, new):
    mia = new(Visitor).visits(house.hosts.url)
    assert mia.launcher.accessible_name == "Send us a message"
    mia.asks("document.querySelector('#find').focus()")
    for text in ("Straight ", "away"):  # the second time the frame is there already
        mia.presses(TAB, ENTER)
        until(lambda: mia.asks(FOCUSED) == "iframe", what="the focus in the frame")
        mia.enters()
        mia.presses(*text)
        until(lambda t=text: mia.value("Your message").endswith(t), what=f"{text} in the box")
        mia.presses(ESCAPE)
        mia.driver.switch_to.default_content()
        until(lambda: mia.asks(FOCUSED_LAUNCHER) == "false", what="the focus on the launcher, and the panel closed")
        mia.tabs_back()
        until(lambda: mia.asks("return document.activeElement.id") == "find", what="the focus on the page")


def test_staff_sign_in_and_answer(house, engine, new, writer):
    name, email, password = "Ida Holt", f"ida.{engine.slug}@elm.example", "a cup of tea at four"
    writer.opens(SAID[0])
    added = house.service.command("staff", "add", ELM, "--name", name, "--email", email, "--title", "Nurse")
    ida = new(Staff)
    secret = ida.enrols(re.search(r"http\S+/start#\S+", added)[0], password)
    ida.driver.delete_all_cookies()
    ida.signs_in(f"{house.url}/staff/{ELM}/sign-in", email, password, code(secret, later_seconds=30))
    ida.goes_to(f"{house.url}/staff/{ELM}/conversations/{writer.conversation}")
    ida.sees(".entries .words", SAID[0])
    writer.says("Hello?")
    ida.sees(".entries .words", "Hello?")  # live
    ida.replies(SAID[1])
    assert writer.reads() == [SAID[0], "Hello?", SAID[1]]
