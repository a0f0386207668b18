"""There is no room to write any more: people still read what is their own."""

import pytest

from securemsg.errors import Full
from tests.http.forms import words
from tests.http.house import HARBOUR


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
    house.desk.database.write(lambda tx: tx.run("UPDATE messages SET sealed = :cut WHERE seq = 2", cut=b""))
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
    assert house.desk.database.read(lambda tx: tx.one(count)).n == 1
