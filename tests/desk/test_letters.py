"""Mails and posts of plugins: sent at least once, under one id, tried again as they say; the plugin hears how it went."""

import time

import pytest
from standardwebhooks import Webhook

from securemsg.desk.deliveries import aside
from securemsg.desk.deliveries.engine import Engine
from securemsg.desk.deliveries.letters import MAIL_PAUSES
from securemsg.desk.deliveries.written import mail, post_headers
from securemsg.desk.plugin import letters
from securemsg.errors import Missing
from securemsg.outbound import Failed
from securemsg.parts import File, Link, Text
from securemsg.times import SECOND
from tests.listening import plugins

SECRETS = ("whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8)


class Post:
    """Where letters go: it notes them, and fails as it is told."""

    def __init__(self):
        self.came, self.faults = [], []

    def __call__(self, desk, row, letter):
        self.came.append((row, letter))
        if self.faults:
            raise self.faults.pop(0)
        return 204


@pytest.fixture
def sent(clinic):
    """What a plugin sends for each message, and the reports it got."""
    reports, mails, posts = [], Post(), Post()

    def send(message, desk):
        desk.mail(desk.visitor(message.conversation), "The clinic has answered", Text("There is news."),
                  Link("Read it", "/contact/elm"), about=message.conversation)
        desk.post("https://hooks.example/in", '{"type":"message"}', {"Content-Type": "application/json"}, "billing",
                  secrets=SECRETS, retry_seconds=(5, 60), about=message.conversation)

    clinic.desk.registry = plugins(letters={
        "message_received": send, "delivered": lambda delivery, at: reports.append((delivery, at))})
    engine = Engine(clinic.desk, {"mail": mails, "post": posts})

    def look():
        for lane in (engine._mails, *engine._posts.values()):
            lane._until = 0.0
        assert any(not engine.look() for _ in range(30))

    return look, reports, mails, posts


def test_each_goes_out_once_and_its_plugin_hears_how_it_went(clinic, visitor, sent):
    look, reports, mails, posts = sent
    visitor.opens("Anna has a rash", contact=("email", "anna@example.org"))
    look()
    [(row, letter)], [(posted, _)] = mails.came, posts.came
    assert letter.to == ("anna@example.org",) and row.target.startswith("mail:visitor")
    assert b"anna@example.org" not in b"".join(bytes(each.sealed or b"") for each in clinic.rows("outbox"))
    told = {(delivery.id, delivery.outcome, delivery.attempts, delivery.status) for delivery, _ in reports}
    assert told == {(row.id, "delivered", 1, 204), (posted.id, "delivered", 1, 204)}
    assert all(each.done_at and each.sealed is None for each in clinic.rows("outbox"))
    look()
    assert len(mails.came) == len(posts.came) == 1 and len(reports) == 2


def test_it_is_tried_again_under_the_same_id_then_set_aside_and_told_each_time(clinic, visitor, staff, sent):
    look, reports, mails, posts = sent
    posts.faults = [Failed(503), Failed(), Failed(500)]
    visitor.opens("Hello?", contact=("phone", "+1 555 0100"))
    look()
    for pause in (5, 60, 3_600):
        clinic.later(seconds=pause * 1.2)
        look()
    assert len({row.id for row, _ in posts.came}) == 1 and len(posts.came) == 3
    of_post = [(each.outcome, each.status) for each, _ in reports if each.target == posts.came[0][0].target]
    assert of_post == [("failed", 503), ("failed", None), ("given_up", 500)]
    [given_up] = [each for each, _ in reports if each.target.startswith("mail:visitor")]
    assert (given_up.outcome, given_up.attempts) == ("given_up", 1) and not mails.came, "a telephone gets no mail"
    [row] = aside.set_aside(clinic.desk, staff.who, visitor.conversation)
    assert row.fault == "post: 500"
    aside.retry(clinic.desk, staff.who, row.id, clinic.clock.tick())
    look()
    assert len(posts.came) == 4 and not aside.set_aside(clinic.desk, staff.who, visitor.conversation)


def test_a_refusal_for_good_is_not_tried_again_and_a_silent_server_is_left_alone_for_a_while(clinic, sent):
    look, reports, mails, _ = sent
    mails.faults = [Failed(550, permanent=True)]
    clinic.visitor().opens("Hello?", contact=("email", "one@example.org"))
    look()
    clinic.later(days=9)
    look()
    assert len(mails.came) == 1 and [each.outcome for each, _ in reports if each.status == 550] == ["given_up"]
    for number in range(3):
        clinic.visitor().opens("Hello?", contact=("email", f"{number}@example.org"))
    mails.faults = [Failed()]
    Engine(clinic.desk, {"mail": mails, "post": mails}).look()
    waits = [row for row in clinic.rows("outbox", hook="mail") if row.done_at is None and row.gave_up_at is None]
    assert len(waits) == 3 and sorted(row.attempts for row in waits) == [0, 0, 1], "the two behind it were not even tried"
    clinic.later(seconds=MAIL_PAUSES[0] * 1.2)
    look()
    assert not [row for row in clinic.rows("outbox", hook="mail") if row.done_at is None and row.gave_up_at is None]


def test_a_target_that_nothing_is_due_to_is_forgotten_unless_it_is_left_alone_for_a_while(clinic, visitor, sent):
    _, _, mails, posts = sent
    engine = Engine(clinic.desk, {"mail": mails, "post": posts})
    posts.faults = [Failed()]
    visitor.opens("Hello?")
    assert any(not engine.look() for _ in range(30))
    engine._post()
    [lane] = engine._posts.values()
    assert lane.rests
    lane._until = 0.0
    engine._post()
    assert not engine._posts


def test_one_that_was_altered_goes_nowhere_and_one_of_an_erased_conversation_is_gone(clinic, visitor, staff, sent):
    look, _, mails, posts = sent
    visitor.opens("Hello?", contact=("email", "anna@example.org"))
    Engine(clinic.desk, {"mail": mails, "post": posts})._lanes["letters"].look()
    clinic.sql("UPDATE outbox SET target = :elsewhere WHERE hook = 'mail'", elsewhere="mail:address")
    clinic.sql("UPDATE outbox SET sealed = :other WHERE hook = 'post'", other=b"x" * 80)
    look()
    assert not mails.came and not posts.came
    assert {row.hook for row in aside.set_aside(clinic.desk, staff.who, visitor.conversation)} == {"mail", "post"}
    with pytest.raises(Missing):
        aside.retry(clinic.desk, staff.who, "01a20291-e918-7000-bfec-ad4586f88f68", clinic.clock())


def test_a_mail_is_text_and_the_same_as_html_from_nobody_who_would_answer_a_machine(clinic, visitor, sent):
    look, _, mails, _ = sent
    visitor.opens("Hello?", contact=("email", "anna@example.org"))
    look()
    [(row, letter)] = mails.came
    letter = type(letter)(to=letter.to, subject="Grüße <b>", parts=(*letter.parts, Text('<script>"&')),
                          files=(File("visit.ics", "text/calendar", "BEGIN:VCALENDAR\r\n"),))
    made = mail(clinic.desk.settings, "Elm <elm@clinic.example>", row, letter, clinic.clock())
    plain, html = made.get_body(("plain",)), made.get_body(("html",))
    assert made["Message-ID"] == f"<{row.id}@localhost>" and made["Auto-Submitted"] == "auto-generated"
    assert made["To"] == "anna@example.org" and made["Subject"] == "Grüße <b>"
    assert f"{clinic.desk.settings.public_url}/contact/elm" in plain.get_content() and "<script>" in plain.get_content()
    assert "&lt;script&gt;&quot;&amp;" in html.get_content() and "<script>" not in html.get_content()
    [file] = made.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("visit.ics", "text/calendar")


def test_a_post_is_signed_by_each_secret_as_standard_webhooks_say(clinic, visitor, sent):
    look, _, _, posts = sent
    visitor.opens("Hello?", contact=("phone", "+1 555 0100"))
    look()
    [(row, letter)] = posts.came
    headers = post_headers(row, letter, int(time.time()) * SECOND)
    assert headers["webhook-id"] == row.id and headers["Content-Type"] == "application/json"
    for secret in SECRETS:
        assert Webhook(secret).verify(letter.body, headers) == {"type": "message"}
    with pytest.raises(Exception, match=r"(?i)signature"):
        Webhook("whsec_" + "Q0ND" * 8).verify(letter.body, headers)
    with pytest.raises(Exception, match=r"(?i)signature"):
        Webhook(SECRETS[0]).verify(letter.body + " ", headers)


@pytest.mark.parametrize("wrong", [{"secrets": ("abc",)}, {"headers": {"X": None}}, {"headers": {"X": "a\r\nb"}}, {"body": None}])
def test_a_post_that_cannot_be_made_waits_for_a_person_at_once(clinic, visitor, staff, monkeypatch, wrong):
    usual = letters.post
    monkeypatch.setattr(letters, "post", lambda *given: {**usual(*given), **wrong})  # as one that lay there before it was checked
    clinic.desk.registry = plugins(letters={"message_received": lambda message, desk: desk.post(
        "https://hooks.example/in", "{}", name="billing", about=message.conversation)})
    visitor.opens("Hello?")
    delivers(clinic)
    [row] = aside.set_aside(clinic.desk, staff.who, visitor.conversation)
    assert (row.hook, row.attempts) == ("post", 1)


def test_a_letter_that_ended_the_process_each_time_is_set_aside_and_not_begun_again(clinic, visitor, staff, sent):
    look, _, mails, posts = sent
    visitor.opens("Hello?", contact=("email", "anna@example.org"))
    Engine(clinic.desk, {"mail": mails, "post": posts})._lanes["letters"].look()
    clinic.sql("UPDATE outbox SET attempts = :begun WHERE hook IN ('mail', 'post')", begun=len(MAIL_PAUSES) + 1)
    look()
    assert not mails.came and not posts.came
    assert {row.hook for row in aside.set_aside(clinic.desk, staff.who, visitor.conversation)} == {"mail", "post"}


@pytest.mark.parametrize("moved", [
    {"target": "mail:visitor:{other}"}, {"conversation_id": "{other}"}, {"object_id": "01a20291-e918-7000-bfec-ad4586f88f68"},
    {"plugin": "another", "lane": "another"}])
def test_a_report_that_was_moved_to_another_letter_tells_nobody(clinic, visitor, sent, moved):
    _, _, mails, posts = sent
    told = []
    hooks = {"message_received": lambda message, desk: desk.mail("desk@elm.example", "News", "Look.", about=message.conversation)}
    clinic.desk.registry = plugins(letters={**hooks, "delivered": lambda delivery: told.append(delivery)},
                                   another={"delivered": lambda delivery: told.append(delivery)})
    other = clinic.visitor()
    visitor.opens("Hello?")
    other.opens("Hello?")
    engine = Engine(clinic.desk, {"mail": mails, "post": posts})
    engine._lanes["letters"].look()
    engine._mails.look()
    changes = ", ".join(f"{name} = :{name}" for name in moved)
    clinic.sql(f"UPDATE outbox SET {changes} WHERE hook = 'delivered' AND conversation_id = :whose", whose=visitor.conversation,
               **{name: value.format(other=other.conversation) for name, value in moved.items()})
    assert any(not engine.look() for _ in range(30))
    assert len(told) == 1, "that of the other conversation alone"


def delivers(clinic):
    """By the real senders, until nothing is due."""
    engine = Engine(clinic.desk)
    assert any(not engine.look() for _ in range(30))
