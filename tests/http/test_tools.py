"""What plugins bring to a conversation's page, as plain forms: tools, boxes, tags, to-dos, what was not delivered."""

import re
from html import unescape

import pytest

from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from securemsg.words import LANGUAGES, say
from tests.http import visits
from tests.http.forms import every_form, fields, words
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.test_languages import english_in

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture
def leo(manned):
    """Somebody whose conversation has begun."""
    visits.named(manned)
    visitor = manned.visitor()
    assert visitor.opens("Can I come in?").status == 201
    return visitor


@pytest.fixture
def ana(manned):
    return manned.staff("Ana")


def page(staff, visitor, **headers: str):
    answer = staff.opens(f"conversations/{visitor.conversation}", headers)
    assert answer.status == 200, answer.text
    return answer


def uses(staff, visitor, tool: str, asked=None, **typed: str):
    """Fill in a tool's form, as it stands on the page, and send it."""
    form = fields(asked or page(staff, visitor), f"/tools/visits/{tool}") | {f"data.{name}": text for name, text in typed.items()}
    return staff.browser.submit(staff.path(f"conversations/{visitor.conversation}/tools/visits/{tool}"), form)


def presses(staff, visitor, act: str, asked=None, number: int = 0):
    """One of the buttons of a page: `done`, `retry` or `dismiss`."""
    forms = [form for to, form in every_form(asked or page(staff, visitor)) if to.endswith(f"{visitor.conversation}/{act}")]
    return staff.browser.submit(staff.path(f"conversations/{visitor.conversation}/{act}"), forms[number])


def part(answer, begin: str, end: str) -> str:
    return unescape(answer.text.partition(begin)[2].partition(end)[0])


def to_do(staff, visitor) -> list[str]:
    return re.findall(r'class="lines" dir="auto">([^<]+)', page(staff, visitor).text)


def given_up(house, visitor) -> None:
    """As if the worker had given up what is to go out about this conversation."""
    house.desk.database.write(lambda tx: tx.everywhere.run(
        "UPDATE outbox SET gave_up_at = :now, attempts = 8, fault = CASE hook WHEN 'mail' THEN 'mail: 550' ELSE 'post: no answer'"
        " END WHERE conversation_id = :id AND hook IN ('mail', 'post')", now=house.clock(), id=visitor.conversation))


# Tools
def test_what_a_tool_asks_is_filled_in_and_the_visitor_has_the_answer(ana, leo):
    asked = page(ana, leo)
    form = asked.text.partition('id="tool-visits-offer"')[2].partition("</form>")[0]
    for sign in ('<textarea id="tool-visits-offer-data.times"', 'type="date"', 'type="radio" name="data.room" value="b"',
                 "One a line.", 'maxlength="200" aria-describedby="tool-visits-offer-data.times-hint"', "Room A"):
        assert sign in form, sign
    assert uses(ana, leo, "offer", asked, times="Mon 9\nTue 10", day="2026-12-01", room="b").status == 303
    assert leo.reads()[-1] == "When does it suit you?\n\nA time\n- Mon 9\n- Tue 10"
    assert uses(ana, leo, "offer", asked, times="Mon 9\nTue 10", day="2026-12-01", room="b").status == 303
    assert len(leo.reads()) == 2, "the same form, sent twice, is one answer"
    author = leo.asks("GET", "/messages").json["items"][-1]["author"]
    assert (author["kind"], author["name"]) == ("plugin", ana.known.name), "it is hers"


def test_a_tool_offers_what_there_is_in_this_very_conversation(manned, ana, leo):
    form = part(page(ana, leo), 'id="tool-visits-hand"', "</form>")
    assert '<p class="words" dir="auto">Reference ' in form and f'name="data.to" value="{ana.known.id}"' in form
    assert uses(ana, leo, "hand", to="somebody else").status == 422
    assert uses(ana, leo, "hand", to=ana.known.id).status == 303 and to_do(ana, leo) == [f"Call, {ana.known.name}."]


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(ana, leo):
    refused = uses(ana, leo, "offer", times="", day="2026-99-01", room="c")
    form = part(refused, 'id="tool-visits-offer" open>', "</form>")
    assert refused.status == 422 and "Please fill this in." in form and "tool-visits-offer-data.day-wrong" in form
    assert "Please enter a date." in form and "Please choose one." in form
    assert 'value="2026-99-01"' in form and "alert" not in part(refused, '<header class="head"', "</header>")
    refused = uses(ana, leo, "offer", times="\n".join("123456"))
    assert refused.status == 422 and "At most five times, please." in part(refused, 'id="tool-visits-offer" open>', "</form>")
    assert fields(refused, "/tools/visits/offer")["data.times"] == "1\n2\n3\n4\n5\n6" and len(leo.reads()) == 1


def test_whoever_was_signed_out_meanwhile_finds_what_was_typed(ana, leo):
    asked = page(ana, leo)
    ana.browser.jar.clear()
    door = uses(ana, leo, "offer", asked, times="Tuesday <10>", room="b")
    assert door.status == 401 and "Tuesday &lt;10&gt;" in door.text and len(leo.reads()) == 1


def test_a_tool_that_breaks_changes_nothing_and_says_so(ana, leo):
    refused = uses(ana, leo, "break")
    assert refused.status == 503 and "nothing was changed" in refused.text and "chest pain" not in refused.text
    assert len(leo.reads()) == 1


@pytest.mark.parametrize("tool", ["nothing", "reply", "close"])
def test_a_tool_that_is_not_there_any_more_is_told_on_the_page(ana, leo, tool):
    refused = ana.does(f"tools/visits/{tool}", leo.conversation, seen="1")
    assert refused.status == 409 and "cannot be done here any more" in part(refused, '<header class="head"', "</header>")


def test_who_has_not_seen_the_newest_message_does_not_answer_by_a_tool(ana, leo):
    asked = page(ana, leo)
    leo.says("I am at work on Tuesday.")
    refused = uses(ana, leo, "offer", asked, times="Tue 10")
    assert refused.status == 409 and "has written again" in refused.text
    assert fields(refused, "/tools/visits/offer")["data.times"] == "Tue 10" and len(leo.reads()) == 2


def test_a_tool_is_used_by_who_may(manned, leo):
    maren, eve = manned.staff("Maren"), manned.staff("Eve")
    form = fields(page(maren, leo), "/tools/visits/offer") | {"data.times": "Mon 9"}
    path = f"/staff/{HARBOUR}/conversations/{leo.conversation}/tools/visits/offer"
    assert eve.browser.submit(path, form).status in (303, 401) and len(leo.reads()) == 1
    wrong = maren.browser.submit(path, form | {"me": manned.staff("Ana").known.id})
    assert wrong.status == 409 and "You are signed in as Maren Whitlock now" in wrong.text
    assert maren.browser.submit(path, form | {"conversation": new_key()}).status == 409 and len(leo.reads()) == 1


def test_closed_there_is_nothing_to_answer_with(ana, leo):
    ana.does("close", leo.conversation, reason="answered", seen="1")
    text = page(ana, leo).text
    assert "tool-visits-phone" in text and "tool-visits-offer" not in text


# What stands there
def test_messages_of_plugins_and_what_was_chosen(ana, leo):
    uses(ana, leo, "offer", times="Mon 9\nTue <b>10")
    told = page(ana, leo).text
    assert '<span class="chip"><bdi>Visits</bdi></span>' in told and "Tue &lt;b&gt;10" in told and "Chosen" not in told
    assert "2 times offered" in told and '<h2 id="panel-1" dir="auto">Visits</h2>' in told
    body = {"kind": "visits.chosen", "data": {"answer": "Tue <b>10"}}
    assert leo.asks("POST", "/messages", body, {"Idempotency-Key": new_key()}).status == 201
    read = page(ana, leo)
    assert 'Tue &lt;b&gt;10</bdi> <strong class="chip green">Chosen</strong>' in read.text
    assert words(read)[-1] == "Tue <b>10" and '<span class="chip"><bdi>A time was chosen</bdi></span>' in read.text


@pytest.mark.parametrize(("did", "told"), [("sent", "and sent this all the same."), ("called", "before sending this.")])
def test_who_was_shown_the_safety_notice(ana, leo, did, told):
    body = {"kind": "text", "data": {"text": "It hurts."}, "safety_notice": did}
    assert leo.asks("POST", "/messages", body, {"Idempotency-Key": new_key()}).status == 201
    read = page(ana, leo).text
    assert read.count("Was shown the safety notice, ") == 1 and told in read


def test_a_message_that_nobody_sent_is_automatic_and_who_did_what_names_the_plugin(manned, ana, leo):
    turn = PluginDesk(manned.desk, "visits", clinic(manned.desk, HARBOUR).id, manned.clock())
    turn.reply(leo.conversation, "We are closed today.")
    turn.note(leo.conversation, "They wrote at night.")
    assert manned.desk.database.write(turn.write())
    read = page(ana, leo).text
    entry = read.partition('class="entry plugin"')[2].partition("</li>")[0]
    assert "<bdi>Automatic message</bdi>" in entry and "Visits" in entry and "Not opened yet" in entry
    assert "They wrote at night." in read and "Visits</bdi></strong> <span class=\"muted\">automatic</span><br>wrote" in read


def test_tags_and_to_dos_stand_on_the_page_until_they_are_done(manned, ana, leo):
    assert uses(ana, leo, "phone").status == 303
    asked = page(ana, leo)
    assert to_do(ana, leo) == ["Phone the visitor today.", "Prepare the room."] and ">call back</span>" in asked.text
    assert presses(ana, leo, "done", asked).status == 303
    assert to_do(ana, leo) == ["Prepare the room."]
    tomas = manned.staff("Tomas")
    late = presses(tomas, leo, "done", asked=None, number=0)
    assert late.status == 303 and to_do(tomas, leo) == []
    stale = every_form(asked)
    form = next(form for to, form in stale if to.endswith("/done")) | {"me": tomas.known.id, "key": new_key()}
    refused = tomas.browser.submit(tomas.path(f"conversations/{leo.conversation}/done"), form)
    assert refused.status == 409 and "This was done already, by" in unescape(refused.text)
    assert "did what was to be done" in page(ana, leo).text


def test_the_list_of_what_is_to_be_done(manned, ana, leo):
    calm, before = manned.visitor(), ana.inbox("todo")
    calm.opens()
    uses(ana, calm, "phone")
    presses(ana, calm, "done")
    uses(ana, leo, "phone")
    assert ana.inbox("todo") == [leo.conversation, *before, calm.conversation], "what is urgent comes first"
    presses(ana, calm, "done")
    listed = ana.opens("?view=todo").text
    row = listed.partition(f'id="c-{leo.conversation}"')[2].partition("</tr>")[0]
    assert 'class="urgent' in row and "Urgent to-do 2" in row and "Phone" not in row and "call back" not in row
    assert re.search(r'data-todos="(\d+)"', listed)[1] == str(2 + len(before))
    presses(ana, leo, "done")
    presses(ana, leo, "done")
    assert ana.inbox("todo") == before


def test_what_was_not_delivered_is_told_and_tried_again(manned, ana, leo):
    uses(ana, leo, "write")
    assert "Try again" not in page(ana, leo).text
    given_up(manned, leo)
    asked = page(ana, leo)
    told = part(asked, '<header class="head"', "</header>")
    assert "Email to the visitor" in told and "refused it, with the number 550" in told
    assert "Message to EHR" in told and "could not be reached" in told
    assert presses(ana, leo, "retry", asked).status == 303
    again = presses(ana, leo, "retry", asked)
    assert again.status == 409 and "is not waiting any more" in again.text
    assert page(ana, leo).text.count('id="set-aside-') == 1
    presses(ana, leo, "retry")


def test_what_was_not_delivered_is_let_go(manned, ana, leo):
    uses(ana, leo, "write")
    given_up(manned, leo)
    asked = page(ana, leo)
    assert presses(ana, leo, "dismiss", asked).status == 303
    again = presses(ana, leo, "dismiss", asked)
    assert again.status == 409 and "is not waiting any more" in again.text
    assert page(ana, leo).text.count('id="set-aside-') == 1
    count = "SELECT count(*) AS n FROM audit WHERE action = 'delivery.dismissed'"
    assert manned.desk.database.read(lambda tx: tx.everywhere.one(count)).n == 1


def test_what_was_not_delivered_is_decided_on_its_own_page_alone(manned, ana, leo):
    uses(ana, leo, "write")
    given_up(manned, leo)
    other = manned.visitor()
    other.opens("And I?")
    id = next(form["delivery"] for to, form in every_form(page(ana, leo)) if to.endswith("/dismiss"))
    for act in ("retry", "dismiss"):
        refused = ana.does(act, other.conversation, delivery=id)
        assert refused.status == 409 and "is not waiting any more" in refused.text
    assert page(ana, leo).text.count('id="set-aside-') == 2
    for act in ("dismiss", "dismiss"):
        presses(ana, leo, act)


@pytest.mark.parametrize("act", ["done", "retry", "dismiss"])
@pytest.mark.parametrize("id", ["", "x", "0192f0a0-0000-7000-8000-000000000000"])
def test_buttons_that_no_page_has(ana, leo, act, id):
    refused = ana.does(act, leo.conversation, todo=id, delivery=id)
    assert refused.status == (409 if len(id) == 36 else 400) and "data-problem" in refused.text


@pytest.mark.parametrize("code", OTHERS)
def test_no_english_of_ours_beside_what_plugins_say(manned, ana, leo, code):
    uses(ana, leo, "phone")
    uses(ana, leo, "write")
    given_up(manned, leo)
    for answer in (page(ana, leo, **{"Accept-Language": code}), ana.opens("?view=todo", {"Accept-Language": code})):
        assert set(english_in(answer.text, code)) <= {"Nurse"}, "her title is as the clinic wrote it"
    assert say("Urgent to-do").to(code) in unescape(answer.text)
