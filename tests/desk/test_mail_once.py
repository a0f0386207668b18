"""A mail under way is nobody else's, however slow the server is; one that may have arrived comes again under its own name."""

import email
import threading
import time
from contextlib import closing, contextmanager

import pytest

from securemsg.desk.deliveries import letters
from securemsg.desk.deliveries.engine import Engine
from securemsg.outbound import mail
from securemsg.store import deliveries
from tests.listening import plugins
from tests.outbound.test_mail import Box, Drips, server
from tests.service import until

LEASE = deliveries.LEASE_SECONDS


@pytest.fixture
def box(clinic):
    """The clinic's mail server. A plugin mails the clinic for each message."""
    box = Box()
    clinic.desk.registry = plugins(mails={"message_received": lambda message, desk: desk.mail(
        "desk@elm.example", f"Number {message.seq}", "Look.", about=message.conversation)})
    with server(box) as running:
        clinic.desk.settings.__dict__.update(smtp_url=f"smtp://127.0.0.1:{running.port}", mail_from="messages@elm.example")
        yield box


@contextmanager
def working(clinic):
    """A process that delivers, until the block ends."""
    alive = [True]
    engine = Engine(clinic.desk, letters.SENDERS)
    thread = threading.Thread(target=engine.run, args=(lambda: alive, lambda _: time.sleep(0.02)))
    thread.start()
    try:
        yield
    finally:
        alive.clear()
        thread.join()
        until(lambda: not {"mail", "mails"} & {each.name for each in threading.enumerate()}, 10, "its threads to end")


def looks(clinic) -> None:
    """Another process that delivers."""
    engine = Engine(clinic.desk, letters.SENDERS)
    assert any(not engine.look() for _ in range(50))


def lease_end(clinic) -> int:
    return max((row.lease_until or 0 for row in clinic.rows("outbox", hook="mail")), default=0)


def test_a_server_that_thinks_for_longer_than_a_lease_gets_it_once(clinic, visitor, box):
    """Minutes go by while one process waits for its answer, and another looks for something to do."""
    gate = threading.Event()
    box.thinks = lambda: gate.wait(30)
    visitor.opens("Hello?")
    try:
        with working(clinic):
            until(lambda: box.mails, 10, "the mail to be under way")
            for _ in range(3):
                clinic.later(seconds=LEASE * 2 // 3)
                until(lambda: lease_end(clinic) > clinic.clock() + LEASE // 2 * 1_000_000, 10, "the lease to be renewed")
                looks(clinic)
            gate.set()
            until(lambda: all(row.done_at for row in clinic.rows("outbox")), 10, "the end of it")
    finally:
        gate.set()
    looks(clinic)
    assert len(box.mails) == 1


def test_a_process_that_was_suspended_begins_nothing_that_another_may_have_by_now(clinic, visitor, box):
    visitor.opens("one")
    visitor.says("two")
    engine = Engine(clinic.desk, letters.SENDERS)
    engine._lanes["mails"].look()
    box.thinks = lambda: clinic.later(seconds=LEASE) if len(box.mails) == 1 else None
    engine._mails.look()
    assert len(box.mails) == 1, "its claim has ended"
    looks(clinic)
    assert subjects(box).count("Number 2") == 1


def test_a_server_that_answers_a_byte_at_a_time_holds_up_nobody_and_the_mails_come_again(clinic, visitor, box, monkeypatch):
    monkeypatch.setattr(mail, "_ALL_SECONDS", 0.3)
    elsewhere = clinic.desk.settings.smtp_url
    with closing(Drips(0)) as dripping:
        clinic.desk.settings.__dict__.update(smtp_url=f"smtp://127.0.0.1:{dripping.port}")
        visitor.opens("one")
        visitor.says("two")
        with working(clinic):
            until(lambda: [row.fault for row in clinic.rows("outbox", hook="mail")].count("mail: no answer") == 1, what="its end")
    assert all(row.done_at for row in clinic.rows("outbox", hook="message_received"))
    assert not any(row.gave_up_at or row.lease_by for row in clinic.rows("outbox", hook="mail")), "both wait for their next time"
    clinic.desk.settings.__dict__.update(smtp_url=elsewhere)
    clinic.later(minutes=5)
    looks(clinic)
    assert sorted(subjects(box)) == ["Number 1", "Number 2"]


def test_one_that_was_taken_and_not_answered_comes_again_under_the_same_name(clinic, visitor, box):
    """So the other side can tell that it is the same: RFC 5322, 3.6.4."""
    box.hangs_up = 1
    visitor.opens("Hello?")
    looks(clinic)
    clinic.later(minutes=2)
    looks(clinic)
    assert subjects(box) == ["Number 1", "Number 1"]
    assert len({parsed(mail)["Message-ID"] for mail in box.mails}) == 1


def parsed(mail):
    return email.message_from_bytes(mail[2])


def subjects(box) -> list[str]:
    return [parsed(mail)["Subject"] for mail in box.mails]
