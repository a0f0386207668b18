"""A visitor's whole job on the contact page, in each language: open, be told what is wrong, read, be answered, close."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from securemsg.desk import defaults
from securemsg.words import LANGUAGES, say
from securemsg.words.catalogue import translation
from tests.http.forms import fields, words
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.routes import every_route
from tests.words.spoken import in_code, in_templates

PAGE, CONVERSATION = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation"
OTHERS = [code for code in LANGUAGES if code != "en"]


class _Read(HTMLParser):
    """What of a page is said in its own language: texts and what is read aloud, without what stands in another's `lang`."""

    def __init__(self, page: str):
        super().__init__()
        self.said: list[str] = []
        self.lang = re.search(r'<html lang="([\w-]+)"', page)[1]  # type: ignore[index]
        self._foreign: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if tag not in ("meta", "link", "input", "br"):
            self._foreign.append(at.get("lang", self.lang) != self.lang or tag in ("textarea", "style", "script"))
        self.said += [text for name in ("aria-label", "title") if (text := at.get(name))]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A part of a picture."""

    def handle_endtag(self, tag: str) -> None:
        self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._foreign):
            self.said.append(data)


def english() -> list[str]:
    """All that is said, in the end in every language. Read when it is asked for: each process of the tests loads this file."""
    return sorted({*in_code(), *in_templates()})


def english_in(page: str, language: str) -> list[str]:
    """The English texts of the catalogue that a page in another language shows."""
    alone = [text.strip() for text in _Read(page.replace("\n", " ")).said]
    said = "\n".join(alone)
    parts = [(text, part) for text in english() if translation(text, language) != text for part in re.split(r"\{\w+\}", text)]
    # One word may be a word of the other language, too ("Ihr Name"): it counts where it is all that is said in its place.
    return [text for text, part in parts if (part in alone if part.isalpha() else len(part.strip()) > 3 and re.search(
        rf"(?<!\w){re.escape(part)}(?!\w)", said))]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_whole_job_in_each_language(house, code):
    leo, ana, language = house.browser(), house.staff("Ana"), LANGUAGES[code]
    pages = [leo.get(f"{PAGE}?lang={code}")]
    consent = leo.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    form = fields(pages[0]) | {"category": "appointment", "about": "me", "text": "Leo 1", "contact": "leo@", "consent": consent}
    pages.append(leo.submit(f"{PAGE}?lang={code}", form))
    assert pages[-1].status == 422 and say("Please enter an email address like {email}.", email="ana@example.org").to(code) in (
        unescape(pages[-1].text))
    sent = leo.submit(f"{PAGE}?lang={code}", form | {"contact": "leo@example.org"})
    assert sent.status == 303 and f"lang={code}" in sent.location, "the language is kept"
    pages.append(leo.get(sent.location))
    [conversation] = ana.inbox()
    ana.replies(conversation, "Ana 2", seen="1", conversation=conversation)
    pages.append(leo.get(f"{CONVERSATION}?lang={code}"))
    assert words(pages[-1]) == ["Leo 1", "Ana 2"]
    closed = leo.submit(f"{PAGE}/close?lang={code}", fields(pages[-1], f"/conversation?lang={code}"))
    pages.append(leo.get(closed.location))
    assert f"lang={code}" in closed.location and say("You closed this conversation.").to(code) in pages[-1].text
    pages.append(leo.get(f"{PAGE}-none?lang={code}"))
    for page in pages:
        assert f'<html lang="{code}" dir="{language.dir}">' in page.text and page.headers["Content-Language"] == code
        assert code == "en" or english_in(page.text, code) == []


def test_english_on_a_page_would_be_found(house):
    page = house.browser().get(f"{PAGE}?lang=de").text
    assert english_in(page.replace("<main ", "<p>Please check</p><main "), "de") == ["Please check"]
    assert english_in(page.replace("<main ", '<p lang="en">Please check</p><main '), "de") == []
    assert len(english_in(house.browser().get(PAGE).text.replace('lang="en" dir', 'lang="de" dir'), "de")) > 10


@pytest.mark.parametrize(("headers", "query", "code"), [
    ({}, "", "en"), ({"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}, "", "de"), ({"Accept-Language": "pl,ur;q=0.3"}, "", "ur"),
    ({"Accept-Language": "pl"}, "", "en"), ({"Accept-Language": "*"}, "", "en"), ({"Accept-Language": "de"}, "?lang=ru", "ru"),
    ({"Accept-Language": "de"}, "?lang=xx", "de"), ({"Accept-Language": "pt-BR"}, "?lang=", "pt"),
    ({}, "?lang=zh-Hant", "zh"), ({}, "?lang=%3Cscript%3E", "en")])
def test_which_language_it_is(shared, headers, query, code):
    assert shared.browser().get(PAGE + query, headers).headers["Content-Language"] == code
    assert shared.browser().get(f"/frame/{HARBOUR}{query}", headers).headers["Content-Language"] == code


def test_without_a_wish_the_clinics_language_is_spoken(house):
    french = "UPDATE clinics SET locale = 'fr-CA' WHERE slug = :slug"
    house.desk.database.write(lambda tx: tx.everywhere.run(french, slug=HARBOUR))
    page = house.browser().get(PAGE)
    assert page.headers["Content-Language"] == "fr" and "Écrire à" in page.text
    assert house.browser().get(PAGE, {"Accept-Language": "*"}).headers["Content-Language"] == "fr"
    assert 'lang="fr-CA" dir="ltr"' in house.browser().get(f"/frame/{HARBOUR}").text, "dates are written as in Canada"


def test_the_menu_has_every_language_in_its_own_words_and_keeps_the_place(shared):
    page = shared.browser().get(f"{PAGE}?lang=ar&gone=ended").text
    for one in LANGUAGES.values():
        address = rf'formaction="{PAGE}\?lang={one.code}&amp;gone=ended"'
        assert re.search(rf'{address} [^>]*value="{one.code}" lang="{one.code}"', page), one
        assert f">{one.name}</button>" in page
    assert 'lang="ar" dir="rtl" aria-current="true"' in page
    assert page.index('<button form="write" hidden>') < page.index("formaction="), "Enter in a field sends, as ever"


def test_who_changes_the_language_takes_along_what_was_typed(house):
    browser, typed = house.browser(), {"text": "My <knee>\r\nhurts.", "name": "Leo", "category": "appointment", "about": "child"}
    asked = fields(browser.get(PAGE), PAGE) | typed
    arabic = browser.submit(f"{PAGE}?lang=ar", asked | {"language": "ar"})
    assert (arabic.status, arabic.headers["Content-Language"]) == (200, "ar") and "My &lt;knee&gt;" in arabic.text
    kept = fields(arabic, f"{PAGE}?lang=ar")
    assert {name: kept[name].replace("\n", "\r\n") if name == "text" else kept[name] for name in typed} == typed
    assert kept["key"] == asked["key"] and not browser.jar and house.staff("Ana").inbox() == [], "nothing is sent by it"
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    assert browser.submit(f"{PAGE}?lang=ar", kept | {"consent": consent, "contact": "leo@example.org"}).status == 303
    further = fields(browser.get(f"{PAGE}/conversation"), f"{PAGE}/conversation") | {"text": "One thing more"}
    german = browser.submit(f"{PAGE}/conversation?lang=de", further | {"language": "de"})
    assert german.headers["Content-Language"] == "de" and fields(german, "/conversation?lang=de")["text"] == "One thing more"
    assert words(browser.get(f"{PAGE}/conversation")) == ["My <knee>\nhurts."]
    assert house.browser().submit(f"{PAGE}?lang=de", asked | {"language": "de"}, {"Sec-Fetch-Site": "cross-site"}).status == 403


@pytest.mark.parametrize("path", ["/%5Cevil.example", "/%5C%5Cevil.example/a", "/%2Fevil.example", "/%09/evil.example",
                                  "/nowhere%3Fx=1%23y", "/nowhere%22%3E%3Cb", "/caf%C3%A9", "/%2541"])
def test_the_menu_of_no_page_leads_nowhere_else(shared, path):
    page = shared.browser().get(path)
    addresses = [unescape(found) for found in re.findall(r'<a href="([^"]*)" lang="\w+" hreflang', page.text)]
    assert page.status == 404 and len(addresses) == len(LANGUAGES)
    for address in addresses:
        found = urlsplit(urljoin("https://here.example/", address))
        assert (found.scheme, found.netloc) == ("https", "here.example") and "\\" not in address and "\t" not in address
        assert unquote(found.path).lstrip("/") == unquote(path).lstrip("/")


def test_every_link_and_form_of_a_page_keeps_the_language(shared):
    page = shared.browser().get(f"{PAGE}?lang=hi").text
    addresses = re.findall(r'(?:action|formaction|href)="(/contact[^"]*)"', page)
    assert len(addresses) > 10 and all("lang=" in address for address in addresses)


def test_a_frame_is_told_its_language_its_direction_and_where_its_words_are(shared):
    page = shared.browser().get(f"/frame/{HARBOUR}?lang=ur").text
    assert '<html lang="ur" dir="rtl"' in page and '"locale":"ur","dir":"rtl"' in page
    assert f'"contact_url":"{PAGE}?lang=ur"' in page


def test_programs_get_problems_in_the_language_they_ask_for_and_the_api_stays_english(house):
    leo = house.visitor()
    leo.opens()
    body = {"kind": "text", "data": {"text": " "}}
    told = leo.asks("POST", "/messages", body, {"Idempotency-Key": new_key(), "Accept-Language": "zh-CN"})
    assert told.json["title"] == "请检查您填写的内容" and told.json["errors"] == {"data.text": ["请写点内容。"]}
    assert told.headers["Content-Language"] == "zh"
    told = house.browser().ask("GET", "/api/v1/clinics", headers={"Accept-Language": "zh-CN"})
    assert told.status == 401 and told.json["title"] == "Please sign in or start again"


def test_staff_see_which_language_a_visitor_reads(house):
    mia, ana = house.visitor(), house.staff("Ana")
    for wish, chip in (("es", 'Writes in <bdi lang="es">Español</bdi>'), ("en", None), ("pl", None)):
        opened = mia.browser.ask("POST", f"/v1/clinics/{HARBOUR}/conversations", mia.opening(),
                                 {"Idempotency-Key": new_key(), "Accept-Language": wish})
        page = ana.opens(f"conversations/{opened.json['conversation']['id']}").text
        assert chip in page if chip else "Writes in" not in page
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE conversations SET language = '<script>'"))
    page = ana.opens(f"conversations/{opened.json['conversation']['id']}")
    assert page.status == 200 and "Writes in" not in page.text, "what somebody else wrote there is not shown"


def test_who_waits_is_told_how_long_in_their_language(house):
    leo = house.visitor()
    leo.opens()
    for number in range(20):
        leo.says(f"{number}")
    told = leo.asks("POST", "/messages", {"kind": "text", "data": {"text": "x"}},
                    {"Idempotency-Key": new_key(), "Accept-Language": "ar"})
    assert told.status == 429 and re.search(r"بعد (دقيقة|\d+ (ثانية|ثوانٍ))", told.json["detail"])
    assert "\u2068+1 902 555 0142\u2069" in told.json["detail"], "the number stands apart from the text around it"


WRONG = [b"", b"{", b"[]", b"null", b'{"kind": 3}', b'{"kind": "text", "data": {"text": 5}}', b'{"kind": "text", "data": []}',
         b'{"upto_seq": "x"}', b'{"upto_seq": 1.5}', b'{"upto_seq": 99999999999}', b'{"x": 1}',
         b'{"kind": "text", "data": {"text": "a\\u0000b"}}',
         b'{"category": "", "about": "you", "name": 5, "contact": {}, "consent": ""}',
         b'{"contact": {"email": "x"}, "name": null}', b'{"contact": {"phone": "x", "email": "y"}}']


def test_whatever_is_wrong_is_told_in_the_visitors_language(house):
    """Every route of visitors, every wrong body: no sentence that is not in the catalogue."""
    told = set()
    for route in every_route(house.app):
        if route.endpoint.partition(".")[0] not in ("visitor", "contact") or route.is_stream:
            continue
        for body in WRONG if not route.is_safe else [b""]:
            leo = house.visitor()
            leo.opens()
            headers = {"Idempotency-Key": new_key(), "Accept-Language": "de", "Content-Type": "application/json"}
            answer = leo.browser.ask(route.method, route.path(), body, leo.credentials() | headers)
            if answer.status >= 400 and answer.headers["Content-Type"].startswith("text/html"):
                assert english_in(answer.text, "de") == []
            elif answer.status >= 400:
                told |= {answer.json["title"], answer.json["detail"]} | {
                    text for texts in answer.json.get("errors", {}).values() for text in texts}
    german = [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text))) for text in _german()]
    assert len(told) > 15 and [text for text in told if not any(one.fullmatch(text) for one in german)] == []


def _german() -> list[str]:
    found = [translation(text, "de") for text in (*english(), *_marshmallows())]
    return [form for text in found if text for form in (text.values() if isinstance(text, dict) else [text])]


def _marshmallows() -> set[str]:
    from tests.words.test_catalogue import of_marshmallow

    return of_marshmallow()


def test_the_consent_in_the_visitors_language_is_the_one_agreed_to(house):
    maren, leo = house.staff("Maren"), house.browser()
    form = fields(maren.opens("clinic"), "/clinic") | {"consent_text": str(defaults.CONSENT)}
    assert maren.browser.submit(maren.path("clinic"), form).status == 200
    page = leo.get(f"{PAGE}?lang=ru")
    assert defaults.CONSENT.to("ru") in page.text
    consent = re.search(r'name="consent" value="(\w{64})"', page.text)[1]  # type: ignore[index]
    typed = {"category": "other", "about": "me", "text": "Вопрос", "consent": consent}
    sent = leo.submit(f"{PAGE}?lang=ru", fields(page) | typed)
    assert sent.status == 303
    ana = house.staff("Ana")
    assert defaults.CONSENT.to("ru") in ana.opens(f"conversations/{ana.inbox()[0]}").text
