"""What cannot be recorded does not happen: no audit row, no answer with content, over HTTP, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from securemsg import settings, store
from tests.http.running import Running

SECRET = "the rash came back on the left arm"
REPLY = "please come in at nine"


@contextmanager
def nothing_can_be_recorded(service: Running) -> Iterator[None]:
    """The log's table is away meanwhile: every insert into it fails, and nothing else does."""
    database = store.connect(settings.load(service.service.environ))
    try:
        database.write(lambda tx: tx.everywhere.run("ALTER TABLE audit RENAME TO audit_away"))
        yield
        database.write(lambda tx: tx.everywhere.run("ALTER TABLE audit_away RENAME TO audit"))
    finally:
        database.close()


@pytest.fixture
def talk(steady: Running):
    """A visitor's conversation, and somebody of the staff who has not opened it yet."""
    visitor, ana = steady.visitor(), steady.staff("Ana")
    assert visitor.opens(SECRET).status == 201
    return visitor, ana


def test_staff_are_shown_nothing(steady, talk):
    visitor, ana = talk
    with nothing_can_be_recorded(steady):
        page = ana.opens(f"conversations/{visitor.conversation}")
        assert page.status in (500, 503) and SECRET not in page.text and "rash" not in page.text
    assert SECRET in ana.opens(f"conversations/{visitor.conversation}").text


def test_nothing_is_sent_closed_or_noted(steady, talk):
    visitor, ana = talk
    with nothing_can_be_recorded(steady):
        answers = [visitor.says("one more"), visitor.asks("DELETE"), ana.replies(visitor.conversation, REPLY),
                   ana.does("note", visitor.conversation, text=REPLY), ana.does("close", visitor.conversation, reason="answered"),
                   steady.visitor().opens(SECRET)]
        assert {answer.status for answer in answers} <= {500, 503}, [answer.status for answer in answers]
        assert visitor.reads() == [SECRET], "what is the visitor's own is read without a row"
    assert visitor.reads() == [SECRET]
    assert REPLY not in ana.opens(f"conversations/{visitor.conversation}").text


def test_afterwards_all_goes_on_and_the_log_is_whole(steady, talk):
    visitor, ana = talk
    assert ana.replies(visitor.conversation, REPLY).status in (200, 303) and visitor.reads() == [SECRET, REPLY]
    steady.service.command("audit", "verify")
