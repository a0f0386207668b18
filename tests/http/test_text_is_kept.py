"""Without script nothing typed is lost: whatever a form was refused for, its words come back and can be sent."""

import html

import pytest

from tests.http.forms import every_form, fields, words
from tests.http.house import HARBOUR

PAGE, CONVERSATION = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation"
ONCE_MORE = "Your earlier message was sent. Press Send again to send this one too."


@pytest.fixture
def leo(house):
    """A browser without script."""
    return house.browser()


@pytest.fixture
def ana(house):
    return house.staff("Ana")


def typed(browser, text: str) -> dict[str, str]:
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    return fields(browser.get(PAGE)) | {"category": "other", "about": "me", "text": text, "consent": consent}


def test_who_goes_back_and_writes_other_words_sends_them_with_one_more_press(leo):
    first = typed(leo, "one")
    assert leo.submit(PAGE, first).status == 303
    back = leo.submit(PAGE, first | {"text": "one, reworded"})
    assert back.status == 422 and ONCE_MORE in back.text
    kept = fields(back, PAGE)
    assert kept["text"] == "one, reworded" and kept["key"] != first["key"]
    asked = leo.submit(PAGE, kept)
    assert asked.status == 422 and fields(asked, PAGE)["text"] == "one, reworded", "the first one would be out of reach here"
    assert leo.submit(PAGE, kept | {"another": "1"}).status == 303 and words(leo.get(CONVERSATION)) == ["one, reworded"]


def test_the_same_in_the_conversation(leo):
    leo.submit(PAGE, typed(leo, "one"))
    form = fields(leo.get(CONVERSATION), "/conversation") | {"text": "two"}
    assert leo.submit(CONVERSATION, form).status == 303
    back = leo.submit(CONVERSATION, form | {"text": "three"})
    assert back.status == 422 and ONCE_MORE in back.text and words(back) == ["one", "two"]
    assert leo.submit(CONVERSATION, fields(back, "/conversation")).status == 303
    assert words(leo.get(CONVERSATION)) == ["one", "two", "three"]


@pytest.mark.parametrize("act", ["reply", "note", "draft", "insert"])
def test_without_script_what_staff_typed_stands_on_the_sign_in_that_comes_instead(house, act):
    mia, tomas = house.visitor(), house.staff("Tomas")
    mia.opens("one")
    tomas.browser.jar = {name: "x" * 43 if "staff" in name else value for name, value in tomas.browser.jar.items()}
    ended = tomas.does(act, mia.conversation, text="A long <careful> answer")
    assert ended.status == 401 and "session has ended" in ended.text and ended.headers["Cache-Control"] == "no-store"
    form = fields(ended, "/sign-in")
    assert form["typed"] == "A long <careful> answer" and form["next"].endswith(f"{mia.conversation}#reply")
    wrong = tomas.browser.submit(tomas.path("sign-in"), form | {"email": "x@example.org", "password": "no", "code": "000000"})
    assert fields(wrong, "/sign-in")["typed"] == "A long <careful> answer", "a wrong code loses it neither"
    assert mia.reads() == ["one"]
    by_script = tomas.does(act, mia.conversation, {"Sec-Fetch-Mode": "same-origin"}, text="Typed")
    assert by_script.status == 303 and by_script.location.partition("?")[0].endswith("/sign-in"), "the script keeps it itself"


def test_what_staff_typed_stands_on_the_page_of_any_error_but_not_of_another_site_or_conversation(house, ana):
    mia = house.visitor()
    mia.opens("one")
    short = ana.does("reply", mia.conversation, text="A careful answer", key="short")
    assert short.status == 400 and fields(short, "/reply")["text"] == "A careful answer"
    gone = ana.does("note", "00000000-0000-7000-8000-000000000000", text="A careful note")
    assert gone.status == 404 and fields(gone, "/note")["text"] == "A careful note"
    other = ana.does("reply", mia.conversation, text="For another", conversation="00000000-0000-7000-8000-000000000000")
    assert other.status == 409 and "For another" not in other.text
    foreign = ana.does("reply", mia.conversation, {"Sec-Fetch-Site": "cross-site"}, text="Of another site")
    assert foreign.status == 403 and "Of another site" not in foreign.text


@pytest.mark.parametrize("act", ["reply", "note"])
def test_the_same_on_the_reply_page(house, ana, act):
    mia = house.visitor()
    mia.opens("one")
    path = ana.path(f"conversations/{mia.conversation}")
    form = fields(ana.browser.get(path), f"/{act}") | {"text": "two"}
    assert ana.browser.submit(f"{path}/{act}", form).status == 303
    back = ana.browser.submit(f"{path}/{act}", form | {"text": "three", "seen": "9"})
    assert back.status == 422 and ONCE_MORE in html.unescape(back.text)
    assert ana.browser.submit(f"{path}/{act}", fields(back, f"/{act}")).status == 303
    assert ana.reads(mia.conversation) == ["one", "two", "three"]


@pytest.mark.parametrize("character", ["水", "😀"])
def test_the_longest_text_passes_in_any_script(house, leo, ana, character):
    longest = character * 8_000
    assert leo.submit(PAGE, typed(leo, longest)).status == 303
    assert leo.submit(CONVERSATION, fields(leo.get(CONVERSATION), "/conversation") | {"text": longest}).status == 303
    [conversation] = ana.inbox()
    assert ana.replies(conversation, longest).status == 303
    assert words(leo.get(CONVERSATION)) == [longest] * 3


def test_a_form_has_its_bounds_all_the_same(leo):
    assert leo.submit(PAGE, typed(leo, "x" * 200_000)).status == 413


def begins(browser, text: str) -> None:
    assert browser.submit(PAGE, typed(browser, text)).status == 303


@pytest.fixture
def older_tab(leo):
    """A page with Leo's conversation, still open where his session was ended and Mia has begun hers."""
    begins(leo, "Leo's own words")
    page = leo.get(CONVERSATION)
    assert leo.submit(f"{PAGE}/forget", fields(page, "/forget")).status == 303
    begins(leo, "Mia's own words")
    return page


def test_words_typed_on_an_older_page_go_to_nobody_elses_conversation(leo, older_tab):
    form = fields(older_tab, "/conversation") | {"text": "of Leo again"}
    refused = leo.submit(CONVERSATION, form)
    assert refused.status == 409 and "this browser holds another conversation now" in refused.text
    assert words(leo.get(CONVERSATION)) == ["Mia's own words"]
    kept = fields(refused, "/conversation")
    assert (kept["text"], kept["key"]) == ("of Leo again", form["key"])
    assert leo.submit(CONVERSATION, kept).status == 303, "who means it sends it once more"


def test_an_older_page_does_not_end_what_somebody_else_began(leo, older_tab):
    refused = leo.submit(f"{PAGE}/forget", fields(older_tab, "/forget"))
    assert refused.status == 409 and "this browser holds another conversation now" in refused.text
    assert words(leo.get(CONVERSATION)) == ["Mia's own words"]


def test_a_page_that_names_no_conversation_is_to_be_loaded_anew_and_the_words_stay(leo):
    begins(leo, "one")
    form = {name: value for name, value in fields(leo.get(CONVERSATION), "/conversation").items() if name != "conversation"}
    for path, more in ((CONVERSATION, {"text": "two"}), (f"{PAGE}/forget", {})):
        refused = leo.submit(path, form | more)
        assert refused.status == 400 and "reload the page" in refused.text
    assert words(leo.get(CONVERSATION)) == ["one"]
    assert fields(leo.submit(CONVERSATION, form | {"text": "two"}), "/conversation")["text"] == "two"


@pytest.fixture
def tomas(house, ana):
    """Tomas, who signed in on the browser in which Ana's pages are still open."""
    colleague = house.staff("Tomas")
    ana.browser.jar = dict(colleague.browser.jar)
    return colleague


ACTS = {"reply": {"text": "typed by Ana"}, "note": {"text": "typed by Ana"}, "claim": {}, "close": {"reason": "answered"},
        "flag": {"urgent": "1"}, "release": {}, "reopen": {}}


@pytest.mark.parametrize("act", ACTS)
def test_nothing_goes_out_in_a_colleagues_name_who_signed_in_meanwhile(house, ana, tomas, act):
    mia = house.visitor()
    mia.opens("one")
    refused = ana.does(act, mia.conversation, **ACTS[act])
    assert refused.status == 409 and "You are signed in as Tomas Berg now" in refused.text
    assert mia.reads() == ["one"] and tomas.reads(mia.conversation) == ["one"]
    if "text" in ACTS[act]:
        kept = fields(refused, f"/{act}")
        assert kept["text"] == "typed by Ana"
        assert ana.browser.submit(ana.path(f"conversations/{mia.conversation}/{act}"), kept).status == 303, "once it is meant"


@pytest.mark.parametrize("act", ACTS)
def test_a_form_that_does_not_say_whose_it_is_does_nothing(house, ana, act):
    mia = house.visitor()
    mia.opens("one")
    refused = ana.does(act, mia.conversation, me="", **ACTS[act])
    assert refused.status == 400 and "reload the page" in refused.text and mia.reads() == ["one"]


def test_each_form_of_a_staff_page_says_whose_it_is(house, ana):
    mia = house.visitor()
    mia.opens("one")
    ana.does("claim", mia.conversation)
    for page in (f"conversations/{mia.conversation}", "sessions/"):
        forms = [form for to, form in every_form(ana.opens(page)) if not to.endswith("/sign-out")]
        assert all(form.get("me") == ana.known.id for form in forms) and (forms or page == "sessions/")
