"""Mails by a real server: that there is something to read, not a word of what; who does not look is told again, then called."""

import email
import email.policy
from contextlib import contextmanager

import pytest

from securemsg.desk import visitor as visitor_desk
from securemsg.desk.deliveries import letters
from securemsg.desk.deliveries.engine import Engine
from securemsg.desk.door.devices import Browser
from securemsg.plugins import email as plugin
from tests.desk.door import PASSWORD
from tests.outbound.test_mail import Box, server
from tests.plugins.at_work import at_work
from tests.plugins.turns import Plugin

SECRETS = ("flu jab", "Zebedee", "Ana Ruiz", "Elm Street", "Nurse", "Yes, on Tuesdays")
TUESDAY = {"days": 1}


@pytest.fixture
def house(clinic):
    return at_work(clinic, "email", plugin)


@pytest.fixture
def zeb(clinic):
    """A visitor who gave an email address."""
    somebody = clinic.visitor()
    somebody.opens("Is the flu jab free?", name="Zebedee", contact=("email", "zeb@example.org"))
    return somebody


@contextmanager
def mailing(clinic):
    """The worker sends by a real server; what arrived is given."""
    box = Box()
    with server(box) as running:
        clinic.desk.settings.__dict__.update(smtp_url=f"smtp://127.0.0.1:{running.port}", mail_from="messages@elm.example")
        engine = Engine(clinic.desk, letters.SENDERS)
        yield box, lambda: any(not engine.look() for _ in range(50))


def said(mail: tuple) -> tuple[str, bytes]:
    """Its subject, and all that went over the wire, with texts as they read."""
    message = email.message_from_bytes(mail[2], policy=email.policy.default)
    bodies = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return message["Subject"], mail[2] + "\n".join(bodies).encode()


def looks(house, visitor) -> None:
    visit = visitor.visit()
    visitor_desk.has_seen(house.clinic.desk, visit, visit.conversation.last_seq, house.clinic.clock.tick())


def answered(house, zeb, staff) -> None:
    staff.opens(zeb)
    staff.replies("Yes, on Tuesdays.")
    house.after(minutes=3)


def test_not_a_word_leaves(house, clinic, zeb, staff):
    house.sets(staff="desk@elm.example, Nurse")
    with mailing(clinic) as (box, works):
        works()
        staff.opens(zeb)
        staff.replies("Yes, on Tuesdays.")
        clinic.later(minutes=3)
        works()
    assert [to for _, to, _ in box.mails] == [["desk@elm.example"], [staff.person.email], ["zeb@example.org"]]
    assert [said(mail)[0] for mail in box.mails] == ["A message waits for an answer"] * 2 + ["You have a new message"]
    for mail in box.mails:
        whole = said(mail)[1]
        assert not [secret for secret in SECRETS if secret.encode() in whole]
        assert clinic.rows("conversations")[0].reference.encode() not in whole and zeb.conversation.encode() not in whole
        assert b"text/plain" in whole and b"text/html" in whole and b"Auto-Submitted: auto-generated" in whole


def test_who_has_looked_gets_no_mail(house, zeb, staff):
    staff.opens(zeb)
    staff.replies("Yes, on Tuesdays.")
    looks(house, zeb)
    house.after(minutes=3)
    assert house.mails == []


def test_who_does_not_look_for_two_working_days_is_told_again_and_then_called(house, zeb, staff):
    answered(house, zeb, staff)
    assert len(house.mails) == 1
    house.after(days=1, hours=23)
    assert len(house.mails) == 1
    house.after(hours=2)
    assert len(house.mails) == 2 and house.todo(staff) == []
    house.after(days=2)
    assert len(house.mails) == 2 and house.todo(staff) == ["Telephone: the answer was not opened."]
    staff.opens(zeb)
    staff.replies("Please call us.")
    house.works()
    assert house.todo(staff) == ["Telephone: the answer was not opened."], "nobody has opened anything yet"
    looks(house, zeb)
    staff.opens(zeb)
    staff.replies("Good to hear you.")
    house.works()
    assert house.todo(staff) == []


def test_what_is_sent_by_itself_is_told_once_and_nobody_is_called_for_it(house, clinic, zeb, staff):
    Plugin(clinic, "feedback").does(lambda desk: desk.reply(zeb.conversation, "How did we do?", alert=True))
    house.after(minutes=3)
    assert len(house.mails) == 1
    house.after(days=20)
    assert len(house.mails) == 1 and house.todo(staff) == []


def test_what_is_sent_by_itself_takes_no_call_away(house, clinic, zeb, staff):
    answered(house, zeb, staff)
    house.after(days=9)
    assert house.todo(staff) == ["Telephone: the answer was not opened."]
    Plugin(clinic, "appointments").does(lambda desk: desk.reply(zeb.conversation, "Please remember.", alert=True))
    house.after(days=9)
    assert house.todo(staff) == ["Telephone: the answer was not opened."]


def test_where_nobody_is_called_so_everybody_is_told(house, clinic, zeb, staff):
    house.sets(staff="Nurze")
    house.works()
    assert [to for to, _, _ in house.mails] == [(staff.person.email,)]


def test_a_weekend_is_no_working_day(house, clinic, zeb, staff):
    house.after(days=3)  # Thursday
    answered(house, zeb, staff)
    house.after(days=3)  # Sunday
    assert len(house.mails) == 1
    house.after(days=2)  # Tuesday
    assert len(house.mails) == 2


def test_who_looks_in_between_is_left_in_peace(house, zeb, staff):
    answered(house, zeb, staff)
    looks(house, zeb)
    house.after(days=9)
    assert len(house.mails) == 1 and house.todo(staff) == []


def test_who_gave_a_telephone_number_is_called_after_two_working_days(house, clinic, staff):
    mia = clinic.visitor()
    mia.opens("Is the flu jab free?", contact=("phone", "+1 902 555 0142"))
    answered(house, mia, staff)
    assert house.mails == [] and house.todo(staff) == []
    house.after(days=2, hours=1)
    assert house.todo(staff) == ["Telephone: the answer was not opened."] and house.mails == []


def test_who_cannot_be_mailed_is_called(house, clinic, zeb, staff):
    with mailing(clinic) as (box, works):
        box.refuses = "550 No such person"
        staff.opens(zeb)
        staff.replies("Yes, on Tuesdays.")
        clinic.later(minutes=3)
        works()
    assert house.todo(staff) == ["Telephone: the mail did not arrive."] and box.mails == []


def test_staff_hear_once_of_who_waits_and_not_of_each_message(house, clinic, zeb, staff):
    house.sets(staff="Nurse", staff_pause_minutes="15")
    house.works()
    zeb.says("Hello?")
    other = clinic.visitor()
    other.says("And me?")
    house.works()
    assert len(house.mails) == 1
    house.after(minutes=16)
    assert len(house.mails) == 2, "the other one waits still"
    house.after(hours=3)
    assert len(house.mails) == 2


def test_nobody_is_told_of_who_was_answered_meanwhile(house, clinic, zeb, staff):
    house.sets(staff="Nurse")
    house.works()
    other = clinic.visitor()
    other.says("And me?")
    house.works()
    staff.opens(other)
    staff.replies("Yes.")
    house.after(minutes=16)
    assert len(house.mails) == 1


def test_it_is_written_in_the_visitors_language(house, clinic, zeb, staff):
    clinic.sql("UPDATE conversations SET language = 'ar' WHERE id = :id", id=zeb.conversation)
    answered(house, zeb, staff)
    assert house.mails[0][1] == "لديك رسالة جديدة"


def test_whoever_signs_in_from_a_new_browser_is_told_by_mail_and_not_a_word_of_whom(house, clinic, enrolled):
    with mailing(clinic) as (box, works):
        for name in ("Firefox on Windows", "Safari on iPhone"):
            enrolled.signs_in(PASSWORD, enrolled.codes.pop(), browser=Browser((), name))
            works()
    assert [to for _, to, _ in box.mails] == [[enrolled.person.email]] * 2, "she enrolled in another one"
    subject, whole = said(box.mails[0])
    assert subject == "A new sign-in" and f"/staff/{clinic.slug}/sessions/".encode() in whole
    assert not [secret for secret in (*SECRETS, "Ana", "Firefox", "192.0.2") if secret.encode() in whole.split(b"\n\n", 1)[1]]


@pytest.mark.parametrize("address", ["zeb@example.org\nBcc: all@example.org", "zeb@example.org, all@example.org", "zeb",
                                     "zeb@[127.0.0.1]", "zeb@straße.example", "zéb@example.org", "zeb@example..org"])
def test_an_address_with_more_in_it_is_no_address(house, clinic, staff, address):
    eve = clinic.visitor()
    eve.opens("Is the flu jab free?", contact=("email", address))  # as if the door had let it in
    with mailing(clinic) as (box, works):
        staff.opens(eve)
        staff.replies("Yes.")
        clinic.later(minutes=3)
        works()
    assert box.mails == [] and house.todo(staff) == ["Telephone: the mail did not arrive."]


@pytest.mark.parametrize(("given", "to"), [
    ("zeb@bücher.Example", "zeb@xn--bcher-kva.Example"), ("Zeb@BÜCHER.example", "Zeb@xn--bcher-kva.example"),
    ("Zeb.O'Neil+x@Example.ORG", "Zeb.O'Neil+x@Example.ORG"), ("zeb@XN--bcher-kva.example", "zeb@XN--bcher-kva.example")])
def test_a_domain_in_other_letters_gets_its_mail_and_no_address_holds_up_others(house, clinic, zeb, staff, given, to):
    far = clinic.visitor()
    far.opens("Is the flu jab free?", contact=("email", given))
    with mailing(clinic) as (box, works):
        for each in (far, zeb):
            staff.opens(each)
            staff.replies("Yes.")
        clinic.later(minutes=3)
        works()
    assert [each for _, each, _ in box.mails] == [[to], ["zeb@example.org"]]
