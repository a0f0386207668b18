"""There is no room to write any more: people still read what is their own."""

import pytest

from securemsg.errors import Full
from tests.http.forms import words
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.systems import System


@pytest.fixture
def leo(house):
    """A visitor with a cookie, and an answer not yet seen."""
    visitor = house.visitor()
    visitor.opens("one", wish="cookie; same-site")
    house.staff("Ana").replies(visitor.conversation, "two")
    return visitor


@pytest.fixture
def full(house, monkeypatch):
    """From here on nothing can be written."""
    def fill():
        def no_room(*_, **__):
            raise Full
        monkeypatch.setattr(house.desk.database, "write", no_room)

    return fill


def test_without_script_the_answer_is_read(leo, full):
    full()
    page = leo.browser.get(f"/contact/{HARBOUR}/conversation")
    assert page.status == 200 and words(page) == ["one", "two"]


def test_what_was_altered_is_told_and_reported_when_there_is_room_again(house, leo, full, monkeypatch):
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE messages SET sealed = :cut WHERE seq = 2", cut=b""))
    with monkeypatch.context():
        full()
        for _ in range(2):
            answer = leo.asks("GET", "/messages")
            assert answer.status == 200 and [item["verified"] for item in answer.json["items"]] == [True, False]
        refused = house.staff("Ana").opens(f"conversations/{leo.conversation}")
        assert refused.status == 503 and "not on record" in refused.text, "staff read on record or not at all"
    monkeypatch.undo()
    assert leo.asks("GET", "/messages").status == 200
    count = "SELECT count(*) AS n FROM audit WHERE action = 'message.unverified'"
    assert house.desk.database.read(lambda tx: tx.everywhere.one(count)).n == 1


def test_staff_still_see_their_lists_and_are_told_what_helps_them(house, leo, full):
    ana, system = house.staff("Ana"), System.of(house)
    api = {"Securemsg-Clinic": HARBOUR, "Sec-Fetch-Site": "same-origin"}
    house.clock.passes(minutes=3)
    full()
    assert ana.opens().status == 200
    assert ana.browser.ask("GET", "/api/v1/conversations", headers=api).status == 200 == system.gets("/conversations").status
    written = f"/api/v1/conversations/{leo.conversation}/notes", {"text": "x"}, {"Idempotency-Key": new_key()}
    by_hand = ana.browser.ask("POST", *written[:2], api | written[2])
    for refused in (by_hand, system.asks("POST", written[0].removeprefix("/api/v1"), *written[1:])):
        assert refused.status == 507 and "make room" in refused.json["detail"] and "call" not in refused.json["detail"]
    refused = ana.browser.ask("GET", f"/api/v1/conversations/{leo.conversation}/messages", headers=api)
    assert refused.status == 503 and "not on record" in refused.json["detail"]
    assert "call the clinic" in leo.asks("POST", "/messages", {"kind": "text", "data": {"text": "x"}},
                                         {"Idempotency-Key": new_key()}).json["detail"], "visitors are told what helps them"
