"""The contact page with plugins, without a line of script: notices, offers, forms, choices, files, what is answered at once."""

import html
import re

import pytest

from securemsg import Choice, Option
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from securemsg.registry import Registry
from tests.http.forms import every_form, fields, words
from tests.http.house import HARBOUR
from tests.plugins import visits

PAGE, CONVERSATION = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation"
FORM = f"{PAGE}/form/visits.request"
ASKED = {"data.reason": "The knee.", "data.when": "am", "data.stairs": "3", "data.dog": "1"}
SUMMARY = "Asks for a home visit: The knee."


@pytest.fixture
def house(house):
    house.desk.registry = Registry.of({"visits": visits})
    return house


@pytest.fixture
def leo(house):
    """A browser without script."""
    return house.browser()


def about(browser) -> dict[str, str]:
    """What goes with a first message."""
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    return {"category": "appointment", "about": "me", "name": "Leo", "contact": "leo@example.org", "consent": consent}


def begins(browser, **typed: str):
    """Open a conversation by the plugin's form."""
    return browser.submit(FORM, fields(browser.get(FORM), FORM) | about(browser) | ASKED | typed)


def offered(house, *parts, by: Who | None = None) -> None:
    """The plugin says something in the newest conversation, by itself or where somebody used its tool."""
    home, desk = clinic(house.desk, HARBOUR), house.desk
    newest = desk.database.read(lambda tx: tx.everywhere.all("SELECT id FROM conversations ORDER BY id"))[-1].id
    mine = PluginDesk(desk, "visits", home.id, house.clock(), by=by)
    mine.reply(newest, *(parts or visits.DAYS))
    assert desk.database.write(mine.write())


def test_notices_hours_and_offers_stand_on_the_page(leo):
    page = leo.get(PAGE).text
    assert "We make home visits again. (en)" in page and "Do not wait here when it is urgent." in page
    assert "We answer within six hours." in page and re.search(r"(Open now, closes|Closed now, opens) \s*<time", page)
    assert f'href="{FORM}"' in page and 'href="https://elm.example/visits"' in page and "javascript:" not in page
    assert "We make home visits again. (de)" in leo.get(PAGE + "?lang=de").text


def test_a_form_opens_a_conversation_and_goes_on_in_one(house, leo):
    asked = fields(leo.get(FORM), FORM)
    assert {name for name in asked if name.startswith("data.")} == {
        "data.reason", "data.address", "data.day", "data.at", "data.stairs"}, "what is ticked is sent when it is ticked"
    assert begins(leo).location.startswith(CONVERSATION) and words(leo.get(CONVERSATION)) == [SUMMARY]
    again = fields(leo.get(FORM), FORM)
    assert "category" not in leo.get(FORM).text and again["conversation"]
    sent = [leo.submit(FORM, again | ASKED | {"data.reason": "The hip."}).status for _ in range(2)]
    assert sent == [303, 303] and words(leo.get(CONVERSATION)) == [SUMMARY, "Asks for a home visit: The hip."], "pressed twice"
    mia = house.staff("Ana")
    assert mia.reads(mia.inbox()[0])[0] == SUMMARY


@pytest.mark.parametrize(("typed", "name", "sentence"), [
    ({"data.reason": ""}, "data.reason", "Please fill this in."), ({"data.stairs": "many"}, "data.stairs", "enter a number."),
    ({"data.day": "soon"}, "data.day", "Please enter a date."), ({"consent": ""}, "consent", "tick the box"),
    ({"data.reason": "Come tomorrow."}, "", "We cannot come tomorrow."), ({"contact": ""}, "contact", "needs an email")])
def test_what_is_wrong_is_told_and_what_was_typed_stays(house, leo, typed, name, sentence):
    refused = begins(leo, **{"data.address": "3 Elm Street", **typed})
    assert refused.status == 422 and sentence in html.unescape(refused.text) and not leo.jar
    assert not name or f'href="#f-{name}"' in refused.text
    kept = fields(refused, FORM)
    assert {each: kept.get(each, "") for each in ("data.address", "data.when", "about", *typed)} == {
        "data.address": "3 Elm Street", "data.when": "am", "about": "me", **typed}
    assert kept["data.dog"] == "1" and house.staff("Ana").inbox() == []
    assert leo.submit(FORM, kept | {"data.day": ""} | about(leo) | ASKED).status == 303, "put right"


@pytest.mark.parametrize("typed", [{"data.reason": "Come tomorrow."}, {"data.when": ""}, {"data.stairs": "99"}])
def test_in_a_conversation_too(leo, typed):
    begins(leo)
    refused = leo.submit(FORM, fields(leo.get(FORM), FORM) | ASKED | typed)
    kept = fields(refused, FORM)
    assert refused.status == 422 and {each: kept.get(each, "") for each in typed} == typed and kept["conversation"]
    assert words(leo.get(CONVERSATION)) == [SUMMARY]


def test_whose_session_has_ended_can_send_it_as_a_new_message(leo):
    begins(leo)
    asked = fields(leo.get(FORM), FORM) | ASKED
    leo.submit(f"{PAGE}/forget", fields(leo.get(CONVERSATION), "/forget"))
    refused = leo.submit(FORM, asked)
    kept = fields(refused, FORM)
    assert refused.status == 401 and "You can send it as a new message." in refused.text
    assert kept["data.reason"] == "The knee." and "conversation" not in kept
    assert leo.submit(FORM, kept | about(leo)).status == 303


def test_an_older_page_neither_begins_a_second_conversation_nor_goes_to_another(house, leo):
    old = fields(leo.get(FORM), FORM) | about(leo) | ASKED
    begins(leo)
    refused = leo.submit(FORM, old | {"key": "another-key-than-the-first"})
    kept = fields(refused, FORM)
    assert refused.status == 409 and "conversation on this device now" in refused.text and kept["conversation"]
    assert len(house.staff("Ana").inbox()) == 1 and leo.submit(FORM, kept).status == 303
    stale = kept | {"conversation": "0192f0a0-0000-7000-8000-000000000000", "key": "one-more-key-for-this"}
    assert leo.submit(FORM, stale).status == 409 and len(words(leo.get(CONVERSATION))) == 2


def test_what_a_plugin_says_is_drawn(house, leo):
    begins(leo)
    offered(house)
    page = leo.get(CONVERSATION).text
    assert "Automatic message" in page and 'href="https://maps.example/elm" rel="noopener noreferrer"' in page
    assert f'href="{FORM}"' in page and "Which day suits you?" in page and ">Tue 1 Dec<" in page
    [choice] = [form for to, form in every_form(leo.get(CONVERSATION)) if to.endswith("visits.chosen")]
    assert choice["choice"] == "1" and choice["conversation"]
    chosen = leo.submit(f"{PAGE}/form/visits.chosen", choice | {"data.answer": "2026-12-02"})
    assert chosen.status == 303 and words(leo.get(CONVERSATION))[-1] == "Wed 2 Dec"
    page = leo.get(CONVERSATION)
    assert not [to for to, _ in every_form(page) if to.endswith("visits.chosen")] and "Chosen" in page.text, "asked once"
    refused = leo.submit(f"{PAGE}/form/visits.chosen", choice | {"data.answer": "2027-01-01", "key": "a-key-of-another-form"})
    assert refused.status == 422 and words(refused)[-1] == "Wed 2 Dec", "what is no answer is told where it was asked"


def test_what_one_press_must_not_do_is_asked_first(house, leo):
    begins(leo)
    cancel = Option("2026-12-01", "Cancel <it>", "Cancel the visit on 1 Dec?")
    offered(house, Choice("You cannot come?", "visits.chosen", (cancel,)))
    sure = leo.get(CONVERSATION).text.partition('<details class="sure">')[2].partition("</details>")[0]
    assert sure.index("Cancel the visit on 1 Dec?") < sure.index('<button name="data.answer" value="2026-12-01"')
    assert "Cancel &lt;it&gt;</bdi>…</summary>" in sure


def test_what_somebody_says_by_a_tool_is_theirs(house, leo):
    begins(leo)
    ana, home = house.staff("Ana").known, clinic(house.desk, HARBOUR)
    offered(house, visits.Text("Ten o'clock?"), by=Who("staff", home.id, ana.id, roles=frozenset({"staff"})))
    page, kept = leo.get(CONVERSATION).text, leo.get(f"{CONVERSATION}.txt").text
    assert f"<bdi>{ana.name}</bdi>" in page and 'class="entry staff"' in page and f"{ana.name}, " in kept
    assert "Automatic message" not in page + kept


def test_only_the_newest_question_of_a_kind_is_open(house, leo):
    begins(leo)
    offered(house)
    offered(house)
    assert len([to for to, _ in every_form(leo.get(CONVERSATION)) if to.endswith("visits.chosen")]) == 1


def test_files_are_saved_and_stand_in_the_transcript(house, leo):
    begins(leo)
    offered(house)
    [path] = re.findall(r'href="([^"]+/file/[^"]+)"', leo.get(CONVERSATION).text)
    saved = leo.get(path)
    assert (saved.status, saved.text) == (200, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert saved.headers["Content-Type"].startswith("text/calendar")
    assert saved.headers["Content-Disposition"] == "attachment; filename=visit.ics"
    assert saved.headers["Content-Security-Policy"].startswith("default-src 'none'")
    kept = leo.get(f"{CONVERSATION}.txt").text
    assert "Automatic message" in kept and "BEGIN:VCALENDAR" in kept and "Our map: https://maps.example/elm" in kept
    for wrong in ("file/2/0", "file/2/9", "file/1/0", "file/0/0", "file/99/0", f"file/{10**30}/{10**30}"):
        assert leo.get(f"{PAGE}/{wrong}").status == 404, wrong
    assert house.browser().get(path).status == 401, "nobody else's"


@pytest.mark.parametrize(("name", "media_type", "kept", "sent"), [
    ("../../etc/passwd", "text/plain", "__.._etc_passwd", "text/plain"),
    ("a\r\nSet-Cookie: x", "text/plain", "a__Set-Cookie_ x", "text/plain"),
    ("page.html", "text/html", "page.html", "text/html"), ("x", "text/plain\r\nX: y", "x", "application/octet-stream"),
    ("\u202efdp.exe", "x", "_fdp.exe", "application/octet-stream")])
def test_a_file_is_never_a_page_of_ours(house, leo, monkeypatch, name, media_type, kept, sent):
    """Though the desk takes none of these from a plugin."""
    begins(leo)
    offered(house, visits.File("a.txt", "text/plain", "a"))
    odd = visits.File(name, media_type, "<script>alert(1)</script>")
    monkeypatch.setattr("securemsg.http.contact_forms.from_data", lambda _: odd)
    saved = leo.get(f"{PAGE}/file/2/0")
    assert saved.status == 200 and kept in saved.headers["Content-Disposition"] and "Set-Cookie" not in saved.headers
    assert saved.headers["Content-Disposition"].startswith("attachment;") and sent in saved.headers["Content-Type"]
    assert saved.headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors"), "nor are our scripts its"


def test_what_is_answered_at_once_stands_above_and_once(house, leo):
    sent = begins(leo, **{"data.reason": "He collapsed."})
    offered(house, visits.Text("We are closed."))
    page = leo.get(sent.location).text
    order = [page.index(each) for each in ('<h2 id="answer">Safety notice</h2>', "Do not wait.", "We make home visits again.",
                                           "<h1>", "We have your message.", '<ol class="entries"')]
    assert order == sorted(order) and 'href="tel:911"' in page, "before anything that calms down"
    assert "We have your message." in page, "though a plugin has said something since"
    assert "Do not wait.</p>" not in leo.get(CONVERSATION).text
    house.clock.passes(minutes=6)
    assert "Do not wait.</p>" not in leo.get(sent.location).text


def test_a_kind_that_is_not_there_is_nowhere(leo):
    for kind in ("visits.nothing", "text", "parts", "system.closed", "..", "%00", "x" * 3000):
        assert leo.get(f"{PAGE}/form/{kind}").status == 404, kind
        assert leo.submit(f"{PAGE}/form/{kind}", {"text": "x"}).status in (404, 405), kind


def test_a_plugin_that_is_gone_leaves_its_words(house, leo):
    begins(leo)
    offered(house)
    house.desk.registry = Registry()
    page = leo.get(CONVERSATION)
    assert page.status == 200 and SUMMARY in words(page) and "Which day suits you?\n- Tue 1 Dec\n- Wed 2 Dec" in words(page)


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "hi", "pt", "ru", "ur", "zh"])
def test_it_is_said_in_every_language(house, leo, language):
    begins(leo)
    offered(house)
    for path in (PAGE, FORM, CONVERSATION):
        page = re.sub(r'(?s)<bdi lang="en".*?</bdi>', "", leo.get(f"{path}?lang={language}").text)
        for english in ("What else you can do", "Automatic message", "Write a message instead", "Open now", "Closed now"):
            assert english not in page, (path, english)


def test_who_sends_too_much_keeps_what_was_typed(house, leo):
    begins(leo)
    form = fields(leo.get(FORM), FORM) | ASKED
    for number in range(20):
        leo.submit(FORM, form | {"key": f"the-key-of-form-{number:03}"})
    waits = leo.submit(FORM, form | {"key": "the-key-of-this-form"})
    kept = fields(waits, FORM)
    assert waits.status == 429 and int(waits.headers["Retry-After"]) > 0
    assert (kept["data.reason"], kept["key"]) == ("The knee.", "the-key-of-this-form")
    mia = house.browser()
    for number in range(5):
        begins(mia, key=f"the-key-of-form-{number:03}")
        mia.jar.clear()
    waits = begins(mia)
    assert waits.status == 429 and fields(waits, FORM)["data.reason"] == "The knee."


def test_a_form_that_is_too_large_is_shown_again(leo):
    refused = begins(leo, **{"data.reason": "ü" * 30_000})
    assert refused.status == 413 and fields(refused, FORM)["data.reason"] == "ü" * 30_000


def test_a_form_of_another_site_does_nothing(house, leo):
    begins(leo)
    form = fields(leo.get(FORM), FORM) | ASKED
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}):
        for told in (form, {name: text for name, text in form.items() if name != "conversation"}):
            assert leo.submit(FORM, told, headers).status == 403, headers
    assert words(leo.get(CONVERSATION)) == [SUMMARY]
