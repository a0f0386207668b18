"""The contact page: everything the widget does, without a line of script."""

import html

import pytest

from tests.http.forms import fields, words
from tests.http.house import HARBOUR
from tests.http.people import new_key

PAGE, CONVERSATION = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation"
COOKIE = f"securemsg_visitor_{HARBOUR}_8000"


@pytest.fixture
def leo(house):
    """A browser without script."""
    return house.browser()


def typed(browser, **changes: str) -> dict[str, str]:
    """The form, filled in."""
    form = fields(browser.get(PAGE)) | {"category": "appointment", "about": "child", "text": "Line one\r\nline two",
                                        "name": "Leo", "contact": "leo@example.org"}
    consent = html.unescape(browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"])
    return form | {"consent": consent} | changes


def test_a_message_is_sent_and_answered(house, leo):
    sent = leo.submit(PAGE, typed(leo))
    assert sent.status == 303 and sent.location.startswith(CONVERSATION)
    assert {"httponly", "samesite=lax"} <= sent.cookies[COOKIE].says
    page = leo.get(sent.location)
    assert "We have your message." in page.text and words(page) == ["Line one\nline two"]
    ana = house.staff("Ana")
    [conversation] = ana.inbox()
    assert ana.reads(conversation) == ["Line one\nline two"]
    ana.replies(conversation, "Come at nine.")
    assert "We have your message." not in leo.get(sent.location).text, "it is about the message just sent"
    page = leo.get(CONVERSATION)
    assert words(page) == ["Line one\nline two", "Come at nine."] and "Ana Ruiz" in page.text and "Nurse" in page.text


def test_more_is_written_by_the_same_page(leo):
    leo.submit(PAGE, typed(leo))
    form = fields(leo.get(CONVERSATION), "/conversation") | {"text": "And when?"}
    assert leo.submit(CONVERSATION, form).status == 303
    assert leo.submit(CONVERSATION, form).status == 303, "pressed twice"
    assert words(leo.get(CONVERSATION)) == ["Line one\nline two", "And when?"]


def test_pressed_twice_or_reloaded_it_is_one_conversation(house, leo):
    form = typed(leo)
    assert [leo.submit(PAGE, form).status for _ in range(2)] == [303, 303]
    assert len(house.staff("Ana").inbox()) == 1
    assert words(leo.get(CONVERSATION)) == ["Line one\nline two"]


@pytest.mark.parametrize(("field", "value", "sentence"), [
    ("text", " ", "Please write something."), ("category", "", "category"), ("contact", "", "email address or a phone number"),
    ("contact", "leo@", "Please enter an email address"), ("contact", "call me", "Please enter a phone number"),
    ("consent", "", "agree"), ("about", "", "about"), ("name", "x" * 121, "name")])
def test_what_is_missing_is_told_and_what_was_typed_stays(house, leo, field, value, sentence):
    form = typed(leo, **{field: value})
    refused = leo.submit(PAGE, form)
    assert refused.status == 422 and sentence in html.unescape(refused.text) and not leo.jar
    kept = fields(refused, PAGE)
    names, expected = ("text", "name", "contact", "key", "category", "about"), form | {"text": form["text"].replace("\r\n", "\n")}
    assert {name: kept.get(name, "") for name in names} == {name: expected[name] for name in names}
    assert house.staff("Ana").inbox() == []


def test_who_comes_back_finds_the_conversation_and_loses_it_only_knowingly(house, leo):
    leo.submit(PAGE, typed(leo))
    reference = leo.get(CONVERSATION).text.partition('<bdi class="reference">')[2][:7]
    page = leo.get(PAGE)
    assert f'href="{CONVERSATION}"' in page.text and reference in page.text
    second = typed(leo, text="Something else.")
    refused = leo.submit(PAGE, second)
    assert refused.status == 422 and "tick that you start another one" in refused.text and 'href="#f-another"' in refused.text
    assert fields(refused, PAGE)["text"] == "Something else." and len(house.staff("Ana").inbox()) == 1
    assert words(leo.get(CONVERSATION)) == ["Line one\nline two"], "still within reach"
    assert [leo.submit(PAGE, second | {"another": "1"}).status for _ in range(2)] == [303, 303]
    assert words(leo.get(CONVERSATION)) == ["Something else."] and len(house.staff("Ana").inbox()) == 2


def test_a_cookie_that_opens_nothing_points_nowhere(leo):
    leo.submit(PAGE, typed(leo))
    leo.jar = dict.fromkeys(leo.jar, f"smv_{HARBOUR}_" + "A" * 43)
    assert CONVERSATION not in leo.get(PAGE).text and leo.submit(PAGE, typed(leo)).status == 303


def test_without_a_conversation_there_is_only_the_form(leo):
    assert leo.get(CONVERSATION).location == PAGE
    assert leo.submit(CONVERSATION, {"text": "x", "key": new_key()}).status == 401


def test_a_phone_is_as_good_as_mail(house, leo):
    assert leo.submit(PAGE, typed(leo, contact="+1 902 555 0100")).status == 303
    ana = house.staff("Ana")
    assert 'href="tel:+19025550100"' in ana.opens(f"conversations/{ana.inbox()[0]}").text


@pytest.mark.parametrize(("typed_in", "kept"), [
    ("(020) 7946 0958", "(020) 7946 0958"), ("+1 (902) 555-0142", "+1 (902) 555-0142"), ("٠٥٥١٢٣٤٥٦٧", "0551234567"),
    ("०९८७६५४३२१", "0987654321"), ("۰۵۵ ۱۲۳۴", "055 1234"), ("＋８６１３８００１３８０００", "+8613800138000"),
    ("+1\u00a0555\u202f0100", "+1 555 0100"),
    ("\u200e+49\u00ad 30–123456\u202c", "+49 30-123456"), (" ana＠example.org\u200f", "ana@example.org")])
def test_numbers_are_taken_as_people_write_and_paste_them(house, leo, typed_in, kept):
    assert leo.submit(PAGE, typed(leo, contact=typed_in)).status == 303
    ana, mia = house.staff("Ana"), house.visitor()
    channel = "email" if "@" in kept else "phone"
    assert mia.opens(contact={channel: typed_in}).status == 201
    for conversation in ana.inbox():
        assert f">{kept}<" in ana.opens(f"conversations/{conversation}").text.replace("<bdi>", "").replace("</bdi>", "")


def test_what_the_clinic_does_not_ask_for_is_not_kept(house, leo):
    mia, maren = house.visitor(), house.staff("Maren")
    form = fields(maren.opens("clinic"))
    form |= {name: "none" for name in form if name.endswith("contact")}
    assert maren.browser.submit(maren.path("clinic"), form).status == 200
    assert {each["contact"] for each in mia.card()["categories"]} == {"none"}
    assert "your email or phone is not kept" in leo.get(PAGE).text
    assert leo.submit(PAGE, typed(leo)).status == 303 and mia.opens().status == 201
    assert house.desk.database.read(lambda tx: tx.everywhere.all("SELECT id FROM contacts")) == []
    for conversation in house.staff("Ana").inbox():
        page = house.staff("Ana").opens(f"conversations/{conversation}").text
        assert "leo@example.org" not in page and "verified" not in page


def test_on_a_shared_computer_the_conversation_is_forgotten(house, leo):
    leo.submit(PAGE, typed(leo))
    jar = dict(leo.jar)
    form = fields(leo.get(CONVERSATION), "/forget")
    gone = leo.submit(f"{PAGE}/forget", form)
    assert (gone.status, gone.location) == (303, f"{PAGE}?gone=forgotten") and not leo.jar
    assert "The conversation was taken off this device." in leo.get(gone.location).text
    leo.jar = dict(jar)
    again = leo.submit(f"{PAGE}/forget", form)
    assert (again.status, again.location) == (303, gone.location) and not leo.jar, "pressed twice"
    leo.jar = jar
    assert leo.get(CONVERSATION).location == f"{PAGE}?gone=ended", "the cookie, kept by somebody, opens nothing"
    assert len(house.staff("Ana").inbox()) == 1, "the clinic keeps it"


def test_who_writes_too_much_keeps_the_text(leo):
    leo.submit(PAGE, typed(leo))
    form = fields(leo.get(CONVERSATION), "/conversation")
    for number in range(20):
        leo.submit(CONVERSATION, form | {"text": f"{number}", "key": new_key()})
    waits = leo.submit(CONVERSATION, form | {"text": "a long text, typed with care", "key": "the-key-of-this-form"})
    assert waits.status == 429 and "Please try again in" in waits.text and int(waits.headers["Retry-After"]) > 0
    kept = fields(waits, "/conversation")
    assert (kept["text"], kept["key"]) == ("a long text, typed with care", "the-key-of-this-form")


def test_before_a_message_the_page_shows_number_and_hours(leo):
    text = leo.get(PAGE).text
    assert 'href="tel:911"' in text and "Mon to Fri" in text and "+1 902 555 0142" in text
    assert 'value="billing" disabled' in text and "closed at the moment" in text
