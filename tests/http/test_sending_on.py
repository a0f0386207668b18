"""The page that sends a conversation to another pool: from the conversation's page, and for who manages and reads none."""

from html import unescape

import pytest

from tests.http.forms import fields
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.test_pools_page import does, hired, made, topic, version

WHY = "It is about a bill."


@pytest.fixture
def at_work(house):
    """Tomas at the front desk, where appointments go, Ana in billing, Leo whose conversation waits, and billing's id."""
    maren, tomas, ana, leo = (house.staff("Maren"), house.staff("Tomas"), house.staff("Ana"), house.visitor())
    maren.steps_up()
    front, bills = made(house, maren, "Front desk", tomas), made(house, maren, "Bills", ana)
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'appointment')}": front}).status == 303
    assert leo.opens("What does it cost?").status == 201
    return tomas, ana, leo, bills


def sent(staff, leo, pool: str, why: str = WHY, **form: str):
    return staff.does("pool", leo.conversation, **{"pool": pool, "why": why} | form)


def test_it_goes_from_the_conversations_page_to_the_other_pool(house, at_work):
    tomas, ana, leo, bills = at_work
    assert f"conversations/{leo.conversation}/pool" in tomas.opens(f"conversations/{leo.conversation}").text
    page = tomas.opens(f"conversations/{leo.conversation}/pool")
    assert page.status == 200 and ">Bills</option>" in page.text and "Front desk</option>" not in page.text
    assert "What does it cost?" not in page.text
    answer = sent(tomas, leo, bills)
    assert answer.status == 303 and answer.headers["Location"].endswith(f"/staff/{HARBOUR}/"), "who sees it no longer"
    assert tomas.inbox() == [] and tomas.opens(f"conversations/{leo.conversation}/pool").status == 404
    page = unescape(ana.opens(f"conversations/{leo.conversation}").text)
    assert WHY in page and "sent the conversation to another pool" in page
    assert leo.reads() == ["What does it cost?"]


def test_who_manages_sends_on_what_they_do_not_read(house, at_work):
    _, ana, leo, bills = at_work
    mona = hired(house, "Mona", "manager")
    assert mona.opens(f"conversations/{leo.conversation}").status == 403
    assert mona.opens(f"conversations/{leo.conversation}/pool").status == 200
    assert sent(mona, leo, bills).status == 303 and ana.inbox() == [leo.conversation]


def test_what_was_typed_is_there_still_after_a_mistake(house, at_work):
    tomas, _, leo, bills = at_work
    refused = sent(tomas, leo, "")
    assert refused.status == 422 and "choose a pool in which somebody works" in refused.text
    assert fields(refused, "/pool")["why"] == WHY
    refused = sent(tomas, leo, bills, " ")
    assert refused.status == 422 and f'value="{bills}" selected' in refused.text
    assert sent(tomas, leo, bills, conversation=new_key()).status == 409
    assert tomas.inbox() == [leo.conversation]


def test_where_there_is_nowhere_to_go_nothing_leads_there(house):
    ana, leo = house.staff("Ana"), house.visitor()
    leo.opens()
    assert f"{leo.conversation}/pool" not in ana.opens(f"conversations/{leo.conversation}").text
    assert "It cannot be sent on now" in ana.opens(f"conversations/{leo.conversation}/pool").text
