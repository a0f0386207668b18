"""Whatever is written anywhere is text wherever it is shown: every page, in a browser, with every field full of payloads."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from securemsg.desk import pooling
from tests.browser.hostile import GROUPS, Hostile, furnished
from tests.browser.payloads import PAYLOADS
from tests.browser.people import Person, code
from tests.http.dressed import PAGE
from tests.http.routes import ROUTES

REPORT = "addEventListener('securitypolicyviolation', e => console.error('violation', e.violatedDirective, e.blockedURI))"
# What no page of ours has: elements that run or load, attributes that run, addresses that run or lead away.
STRANGE = """() => [...document.querySelectorAll('*')].filter(element => { const is = element.localName, here = location.origin;
    return /^(iframe|object|embed|base|style|video|source|math|template|animate|noscript|frame|applet)$/.test(is)
    || (is == 'script' && !element.src?.startsWith(here + '/static/') && element.type != 'application/json')
    || (is == 'meta' && element.httpEquiv) || (is == 'link' && !element.href?.startsWith(here))
    || (is == 'img' && !element.src?.startsWith('data:image/svg')) || (is == 'svg' && !element.ariaHidden)
    || [...element.attributes].some(({ name, value }) => /^on|^srcdoc$/i.test(name) || (name == 'style' && /url/i.test(value)))
    || (is == 'form' && element.hasAttribute('action') && !element.getAttribute('action').startsWith('/'))
    || (is == 'a' && !['http:', 'https:', 'tel:', 'mailto:'].includes(element.protocol))
    || (is == 'a' && element.host?.includes('evil') && element.target != '_blank') }).map(element => element.outerHTML)"""
SHOWN = """() => document.documentElement.textContent
    + [...document.querySelectorAll('input, textarea')].map(element => element.value).join(' ')"""
SEND = """typed => { const form = [...document.forms].filter(f => Object.keys(typed).every(name => f.elements[name])).at(-1);
    for (const [name, text] of Object.entries(typed)) form.elements[name].value = text;
    HTMLFormElement.prototype.submit.call(form) }"""


class Watcher(Person):
    """Somebody whose browser tells whatever runs, whatever is forbidden, and where it goes."""

    def __init__(self, context, origin: str):
        context.add_init_script(REPORT)
        context.route(lambda url: not url.startswith(origin), lambda route: route.abort())
        super().__init__(context)
        self.origin = origin
        context.on("dialog", lambda dialog: (self.trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def found(self, page: Page) -> list[str]:
        """Everything that says that a payload was more than text."""
        away = [request.url for request in self.requests if not request.url.startswith((self.origin, "data:"))]
        ran = [] if page.evaluate("typeof pwned") == "undefined" else ["a payload ran"]
        refusals = [trouble for trouble in self.trouble if "Failed to load resource" not in trouble]  # a 422 is told as this
        return ran + away + refusals + page.evaluate(STRANGE)

    def looks(self, path: str, shows: Sequence[str] = (), form: dict[str, str] | None = None) -> None:
        """Opens a page, sends its form (the last) if there is something to type, and wants nothing but text there."""
        answer = self.page.goto(self.origin + path)
        assert answer.status in (200, 400, 404, 422), path
        if form is not None:
            with self.page.expect_navigation():
                self.page.evaluate(SEND, form)
        assert self.found(self.page) == [], path
        text = self.page.evaluate(SHOWN)
        assert [each for each in shows if each not in text] == [], path


POSTED = {"contact.send", "frame.window", "contact.say", "contact.close", "contact.forget", "door.sign_in",
          "door.use_link", "door.do_enrol", "staff.reply", "staff.note", "staff.claim", "staff.release", "staff.flag",
          "staff.close", "staff.reopen", "door.sign_out", "owner.save", "sessions.end_one", "sessions.end_others",
          "templates.add", "templates.change", "templates.remove", "templates.insert", "unsent.draft", "unsent.send_now",
          "unsent.undo", "returning.come", "returning.code", "places.end_one", "places.end_all", "contact_forms.send",
          "owner_plugins.change", "owner_plugins.retry", "owner_plugins.dismiss", "tools.run", "tools.done", "tools.retry",
          "tools.dismiss", "erasing.erase", "people.add", "people.roles", "people.link", "people.end", "people.hand_over",
          "owner_sign_in.save", "elsewhere.with_code", "step_up.leave", "step_up.waiting_act",  # the last is step_up.page again
          "passkeys.sign_in", "passkeys.add", "passkeys.remove", "sessions.noticed", "oversight.sign_off",
          "oversight.looked_into",
          "glass.break_glass", "step_up.confirm", "elsewhere.leave", "elsewhere.back", "oversight.sheet", "records.export",
          "records.hold", "records.lift", "records.erase", "records.answer",
          "pools.add", "pools.put_people", "pools.route", "pools.remove", "sending_on.send",
          "staff.code", "contact.saved"}  # the last, as the sheet, is a file of plain text, saved and not shown


@pytest.fixture(scope="module")
def hostile(house) -> list[Hostile]:
    return furnished(house)


@pytest.fixture
def watcher(house, new_person):
    """Makes somebody with these cookies."""
    def arrive(**cookies: str) -> Watcher:
        context = house.arrives(new_person())
        context.add_cookies([{"name": f"securemsg_{name}_{house.service.port}", "value": value, "url": house.url}
                             for name, value in cookies.items()])
        return Watcher(context, house.url)

    return arrive


def as_visitor(watcher, one: Hostile) -> None:
    stranger, slug, texts = watcher(), one.slug, one.texts
    stranger.looks("/")
    stranger.looks(f"/contact/{slug}", texts)
    typed = {"text": "\n".join(texts), "name": one.together, "contact": one.together}
    stranger.looks(f"/contact/{slug}", texts, typed)
    stranger.looks(f"/contact/{slug}/{'%3Cscript%3Epwned=1%3C%2Fscript%3E'}?x=<script>pwned=1</script>")
    stranger.looks(f"/contact/{slug}/form/{'%3Cscript%3Epwned=1%3C%2Fscript%3E'}")
    stranger.looks(f"/contact/{slug}/return", (), {"secret": one.together, "code": "<svg onload=pwned=1>"})
    stranger.looks(f"/frame/{slug}?window=1", texts)
    visitor = watcher(**{f"visitor_{slug}": one.tokens["visitor"]})
    visitor.looks(f"/contact/{slug}/conversation", one.said)
    visitor.looks(f"/contact/{slug}/conversation", texts, {"text": "\0" + one.together})
    visitor.looks(f"/contact/{slug}/devices")
    visitor.looks(f"/contact/{slug}/delete")
    visitor.page.goto(f"{visitor.origin}/frame/{slug}?window=1")
    visitor.page.locator(".log .bubble").nth(2 * len(one.said)).wait_for()
    assert visitor.found(visitor.page) == []
    assert visitor.page.locator(".log .bubble").all_text_contents() == [texts[0], *(text for text in one.said for _ in range(2))]


def as_staff(watcher, one: Hostile) -> None:
    door, path, texts = watcher(), f"/staff/{one.slug}/", one.texts
    door.looks(f"{path}sign-in?next=javascript:pwned=1", texts)
    typed = {"email": one.together, "password": "x", "code": "x"}
    door.looks(f"{path}sign-in?next=%22%3E%3Cscript%3Epwned=1%3C/script%3E", texts, typed)
    watcher(**{f"away_{one.slug}": "anything"}).looks(f"{path}sign-in/code", texts)
    door.looks(f"{path}start", texts)
    door.looks(f"{path}start", texts, {"secret": one.together})
    staff = watcher(**{f"staff_{one.slug}": one.tokens["staff"]})
    for view in ("open", "mine", "closed"):
        staff.looks(f"{path}?view={view}", texts)
    staff.looks(f"{path}conversations/{one.conversation}", one.said)
    for act in ({"seen": "1"}, {}):  # a reply, a note
        staff.looks(f"{path}conversations/{one.conversation}", texts, {"text": "\0" + one.together} | act)
    staff.looks(f"{path}conversations/<script>pwned=1<%2Fscript>")
    staff.looks(f"{path}?view=<script>pwned=1</script>")
    staff.looks(f"{path}clinic", texts)
    staff.looks(f"{path}sessions", texts)
    staff.looks(f"{path}records/", [" ".join(texts[0].split())])
    staff.looks(f"{path}plugins/")
    staff.looks(f"{path}people/", [" ".join(texts[0].split())])
    staff.looks(f"{path}overview", [" ".join(texts[0].split())])
    staff.looks(f"{path}pools/", [texts[0][:pooling.LONGEST]])
    staff.looks(f"{path}pools/", (), {"label": one.together[:pooling.LONGEST]})
    staff.looks(f"{path}conversations/{one.conversation}/pool", [texts[0][:pooling.LONGEST]])
    staff.looks(f"{path}conversations/{one.conversation}/pool", (), {"why": "\0" + one.together})
    for page in (f"people/{one.owner}", "people/sign-in", "audit/", "emergency-access"):
        staff.looks(path + page)
    staff.looks(f"{path}step-up", texts)
    staff.looks(f"{path}people/", (), {"name": one.together, "email": one.together, "title": one.together})
    staff.looks(f"{path}emergency-access", (), {"reference": one.together, "reason": one.together})
    fields = ("name", "address", "phones", "doctors", "hours_text", "promise", "emergency_number", "emergency_text",
              "consent_text", "origins", "category-new-label")
    staff.looks(f"{path}clinic", texts, dict.fromkeys(fields, "\n".join(texts)))
    staff.looks(f"{path}templates/", [texts[0]])
    for page in ("new", one.template):
        staff.looks(f"{path}templates/{page}", texts if page == one.template else ())
        staff.looks(f"{path}templates/{page}", texts, {"label": one.together, "text": "\0" + one.together})
    staff.looks(f"{path}search?q={quote(texts[0])}", [texts[0]])
    staff.looks(f"{path}search?q={quote(one.together)}")


def as_reader_of_the_api(watcher, one: Hostile) -> None:
    reader = watcher()
    for path in ("/api/v1/", "/problems/", "/problems/missing", "/problems/%3Cscript%3Epwned=1%3C%2Fscript%3E"):
        reader.looks(path)


def as_newcomer(watcher, one: Hostile) -> None:
    new, path = watcher(**{f"staff_{one.slug}": one.tokens["enrolling"]}), f"/staff/{one.slug}/"
    new.looks(f"{path}enrol", one.texts)
    new.looks(f"{path}enrol", one.texts, {"password": one.together[:10], "code": "<svg onload=pwned=1>"})
    new.looks(f"{path}enrol", one.texts, {"password": "seven swans a swimming", "code": code(one.totp)})
    new.page.get_by_role("heading", name="Your recovery codes").wait_for()


@pytest.mark.parametrize("number", range(GROUPS))
@pytest.mark.parametrize("looks", [as_visitor, as_staff, as_newcomer, as_reader_of_the_api], ids=lambda looks: looks.__name__)
def test_nothing_runs_wherever_it_is_shown(watcher, hostile, looks, number):
    looks(watcher, hostile[number])


def test_each_payload_is_in_each_field(hostile):
    assert sorted(text for one in hostile for text in one.said) == sorted(PAYLOADS) and len(PAYLOADS) >= 40


def test_every_page_was_looked_at():
    """A page that is new belongs above."""
    pages = {endpoint for endpoint, (surface, _) in ROUTES.items() if surface in ("page", "frame")} - POSTED
    assert pages == {"health.home", "frame.page", "contact.page", "contact.conversation", "staff.inbox",
                     "contact_forms.form", "returning.page", "places.everywhere", "owner_plugins.everything",
                     "erasing.question", "records.page", "people.everyone", "people.one", "owner_sign_in.page", "oversight.page",
                     "glass.page", "step_up.page", "elsewhere.code", "pools.everything", "overview.page", "sending_on.page",
                     "staff.conversation", "door.sign_in_page", "door.start", "door.enrol", "owner.clinic",
                     "sessions.everywhere", "templates.everything", "templates.blank", "templates.one", "search.page",
                     "documentation.reference", "documentation.problems", "documentation.problem"}


@pytest.mark.parametrize("payload", [0, 2, 3, 7, 13, 20, 30, 47, 49, 53])
def test_the_watcher_would_see_it(watcher, payload):
    """As markup on a page without a policy the same payloads run, load or stand there as elements."""
    seer = watcher()
    page = f"<!doctype html><body><a href=\"{PAYLOADS[payload]}\">{PAYLOADS[payload]}</a>"
    seer.context.route(f"{seer.origin}/control", lambda route: route.fulfill(body=page, content_type="text/html"))
    seer.page.goto(f"{seer.origin}/control")
    assert seer.found(seer.page)


def test_the_watcher_would_see_what_the_policy_stops(watcher):
    seer, page = watcher(), f"<!doctype html><body>{PAYLOADS[0]}{PAYLOADS[2]}"
    seer.context.route(f"{seer.origin}/control", lambda route: route.fulfill(
        body=page, content_type="text/html", headers={"Content-Security-Policy": PAGE}))
    seer.page.goto(f"{seer.origin}/control")
    assert seer.page.evaluate("typeof pwned") == "undefined"
    assert [trouble for trouble in seer.trouble if "violation" in trouble]
