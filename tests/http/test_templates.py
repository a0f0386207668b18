"""Ready replies over HTTP: the owner writes them, staff put them in; what is not filled in is not sent."""

import html

import pytest

from tests.http.forms import every_form, fields
from tests.http.people import new_key

TEXT = "Dear {visitor}, come on {date}. {me}, {clinic}, {phone}, {reference}"


@pytest.fixture
def maren(house):
    return house.staff("Maren")


@pytest.fixture
def ana(house):
    return house.staff("Ana")


def adds(owner, label: str = "Appointment", text: str = TEXT, **changes):
    form = fields(owner.opens("templates/new"), "/templates/new") | {"label": label, "text": text} | changes
    return owner.browser.submit(owner.path("templates/new"), form)


def listed(staff) -> list[dict]:
    return staff.opens("templates.json").json["items"]


def changes(owner, id: str, page=None, **typed):
    form = fields(page or owner.opens(f"templates/{id}"), f"/templates/{id}") | typed
    return owner.browser.submit(owner.path(f"templates/{id}"), form)


def inserts(staff, conversation: str, template: str, **typed):
    page = staff.opens(f"conversations/{conversation}")
    form = fields(page, f"{conversation}/reply") | {"template": template} | typed
    return staff.browser.submit(staff.path(f"conversations/{conversation}/insert"), form)


def test_the_owner_writes_them_and_staff_have_them(maren, ana):
    assert "None yet" in maren.opens("templates/").text
    assert adds(maren).status == 303
    assert [(each["label"], each["language"], each["text"]) for each in listed(ana)] == [("Appointment", "en", TEXT)]
    page = maren.opens("templates/").text
    assert "Appointment" in page and "{visitor}" in page and "Ready replies" in maren.opens().text
    assert "{date}" in maren.opens(f"templates/{listed(ana)[0]['id']}").text


def test_staff_may_not_write_them(ana):
    assert [ana.opens(path).status for path in ("templates/", "templates/new")] == [403, 403]
    assert ana.browser.submit(ana.path("templates/new"), {"label": "x", "text": "x", "key": new_key()}).status == 403
    assert listed(ana) == [] and "/templates/" not in ana.opens().text


def test_a_stale_page_shows_what_is_there_now_and_keeps_what_was_typed(maren):
    adds(maren)
    [id] = [each["id"] for each in listed(maren)]
    stale = maren.opens(f"templates/{id}")
    assert changes(maren, id, text="Theirs <b>").status == 303
    refused = changes(maren, id, stale, text="Mine")
    assert refused.status == 409 and "Theirs &lt;b&gt;" in refused.text and fields(refused, f"/templates/{id}")["text"] == "Mine"
    assert [each["text"] for each in listed(maren)] == ["Theirs <b>"]
    again = maren.browser.submit(maren.path(f"templates/{id}"), fields(refused, f"/templates/{id}"))
    assert again.status == 303 and [each["text"] for each in listed(maren)] == ["Mine"], "who saves once more means it"


def test_one_that_is_gone_can_be_saved_as_a_new_one(maren):
    adds(maren)
    [id] = [each["id"] for each in listed(maren)]
    page = maren.opens(f"templates/{id}")
    removal = next(form for to, form in every_form(maren.opens("templates/")) if to.endswith("/remove"))
    assert maren.browser.submit(maren.path(f"templates/{id}/remove"), removal).status == 303 and listed(maren) == []
    refused = changes(maren, id, page, text="Mine")
    assert refused.status == 404 and fields(refused, "/templates/new")["text"] == "Mine"
    assert maren.browser.submit(maren.path("templates/new"), fields(refused, "/templates/new")).status == 303
    assert [each["text"] for each in listed(maren)] == ["Mine"]


def test_a_stale_list_removes_nothing(maren):
    adds(maren)
    [id] = [each["id"] for each in listed(maren)]
    removal = next(form for to, form in every_form(maren.opens("templates/")) if to.endswith("/remove"))
    changes(maren, id, text="Newer")
    refused = maren.browser.submit(maren.path(f"templates/{id}/remove"), removal)
    assert refused.status == 409 and "in the meantime" in refused.text and len(listed(maren)) == 1


@pytest.mark.parametrize("typed", [{"label": ""}, {"text": ""}, {"language": "xx"}, {"text": "x" * 4_001}, {"label": "<b>" * 40}])
def test_what_does_not_fit_comes_back_with_a_sentence(maren, typed):
    refused = adds(maren, **typed)
    assert refused.status == 422 and 'role="alert"' in refused.text and "<b>" not in refused.text and listed(maren) == []


def test_without_script_one_is_put_in_behind_what_was_typed(house, maren, ana):
    leo = house.visitor()
    reference = leo.opens(name="Leo").json["conversation"]["reference"]
    adds(maren)
    [template] = [each["id"] for each in listed(ana)]
    assert inserts(ana, leo.conversation, template, text="Good morning.").status == 303
    typed = fields(ana.opens(f"conversations/{leo.conversation}"), f"{leo.conversation}/reply")["text"]
    assert typed == "\n\n".join(("Good morning.", f"Dear Leo, come on {{date}}. Ana Ruiz, Harbour Lane Family Practice,"
                                 f" +1 902 555 0142, {reference}"))
    refused = ana.replies(leo.conversation, typed)
    assert refused.status == 422 and "please fill in {date} first" in html.unescape(refused.text)
    assert fields(refused, f"{leo.conversation}/reply")["text"] == typed, "and nothing typed is lost"
    assert ana.replies(leo.conversation, typed.replace("{date}", "Monday")).status == 303


def test_putting_in_nothing_or_what_is_gone_loses_no_word(house, ana):
    leo = house.visitor()
    leo.opens()
    for none in ("a\0b", "00000000-0000-0000-0000-000000000000", "x" * 300):
        kept = inserts(ana, leo.conversation, none, text="Typed")
        assert kept.status == 422 and fields(kept, "/reply")["text"] == "Typed"
    refused = inserts(ana, leo.conversation, "", text="Typed")
    assert refused.status == 422 and "choose a ready reply" in refused.text
    assert fields(refused, f"{leo.conversation}/reply")["text"] == "Typed"


def test_the_page_tells_the_script_what_to_fill_in_and_escapes_it(house, maren, ana):
    leo = house.visitor()
    leo.opens(name='"><script>x')
    adds(maren)
    page = ana.opens(f"conversations/{leo.conversation}").text
    assert "<script>x" not in page and 'data-values="{&#34;clinic&#34;' in page
    assert "&#34;date&#34;" in page.partition("data-names=")[2].partition(">")[0]
