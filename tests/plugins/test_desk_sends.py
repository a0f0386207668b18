"""Mails and posts of plugins: sealed until they go out, for whom they were written and for nobody else."""

import pytest

from securemsg.desk import people
from securemsg.desk.plugin import letters
from securemsg.errors import Limited, Missing, Refused, Unverified
from securemsg.parts import File, Link, Text
from tests.desk.archives import once
from tests.desk.hand import flipped
from tests.plugins.turns import Plugin

EMAIL = ("email", "lena@example.org")


@pytest.fixture
def visitor(clinic):
    somebody = clinic.visitor()
    somebody.opens("Hello", contact=EMAIL)
    return somebody


@pytest.fixture
def email(clinic):
    return Plugin(clinic, "email")


def waiting(clinic, lane="mail"):
    return [row for row in clinic.rows("outbox", lane=lane) if row.done_at is None]


def opened(clinic, row):
    return letters.opened(clinic.desk, row, clinic.clock.tick())


def mails(plugin, to, **how):
    return plugin.does(lambda desk: desk.mail(to(desk), "A new message", "Please sign in.", Link("Read", "/contact/elm"), **how))


def test_a_mail_to_the_visitor_finds_the_address_when_it_goes_out(clinic, visitor, email):
    ids = mails(email, lambda desk: desk.visitor(visitor.conversation), files=(File("a.ics", "text/calendar", "BEGIN"),))
    [row] = waiting(clinic)
    assert ([row.id], row.target, row.conversation_id) == (ids, f"mail:visitor:{visitor.conversation}", visitor.conversation)
    before = len(clinic.rows("audit"))
    letter = opened(clinic, row)
    assert letter.to == ("lena@example.org",) and letter.subject == "A new message"
    assert letter.parts == (Text("Please sign in."), Link("Read", "/contact/elm"))
    assert letter.files == (File("a.ics", "text/calendar", "BEGIN"),)
    read = clinic.rows("audit")[before]
    assert (read.actor_kind, read.action) == ("plugin:email", "conversation.read") and "contact" in read.objects


def test_addresses_words_and_subjects_lie_nowhere_in_clear(clinic, visitor, email):
    mails(email, lambda desk: desk.visitor(visitor.conversation))
    email.does(lambda desk: desk.mail("desk@elm.example", "canary-subject", "canary-text", about=visitor.conversation))
    email.does(lambda desk: desk.post("https://canary.example/hook", "canary-body", {"X": "canary"}, "main",
                                     secrets=("canarycanary",)))
    stored = repr([tuple(map(str, row)) for table in ("outbox", "audit", "events") for row in clinic.rows(table)])
    assert "canary" not in stored and "example" not in stored and "lena" not in stored


def test_who_gave_a_phone_number_gets_no_mail(clinic, email):
    caller, nobody = clinic.visitor(), clinic.visitor()
    caller.opens("Hi", contact=("phone", "+1 555 0101"))
    nobody.opens("Hi")
    for each in (caller, nobody):
        mails(email, lambda desk, each=each: desk.visitor(each.conversation))
    assert [opened(clinic, row).to for row in waiting(clinic)] == [(), ()]


def test_people_get_one_each_and_who_left_gets_none(clinic, email, staff):
    ben, kim = clinic.hires("Ben", "Doctor", "owner"), clinic.hires("Kim")
    mails(email, lambda desk: desk.people(role="owner"))
    mails(email, lambda desk: desk.people(staff.person.id, kim.person.id))
    rows = waiting(clinic)
    assert [opened(clinic, row).to for row in rows] == [(each.person.email,) for each in (ben, staff, kim)]
    people.disable(clinic.desk, clinic.service, clinic.home, kim.person, clinic.clock.tick())
    assert [len(opened(clinic, row).to) for row in rows] == [1, 1, 0]
    assert mails(email, lambda desk: desk.people(role="nobody")) == []


def test_an_address_of_the_settings_is_taken_as_it_is(clinic, email):
    email.does(lambda desk: desk.mail("  desk@elm.example ", "New", "Look"))
    [row] = waiting(clinic)
    assert (row.target, row.conversation_id, opened(clinic, row).to) == ("mail:address", None, ("desk@elm.example",))


def test_a_post_keeps_what_goes_out(clinic, visitor, email):
    id = email.does(lambda desk: desk.post("https://his.example/in", '{"a":1}', {"Content-Type": "application/json"}, "his",
                                           secrets=("whsec_MTIz",), retry_seconds=(5, 60), about=visitor.conversation))
    [row] = waiting(clinic, "post")
    letter = opened(clinic, row)
    assert (row.id, row.target, row.hook) == (id, "post:his", "post")
    assert (letter.url, letter.body) == ("https://his.example/in", '{"a":1}')
    assert letter.headers == {"Content-Type": "application/json"}
    assert (letter.secrets, letter.retry_seconds, letter.to) == (("whsec_MTIz",), (5, 60), ())


@pytest.mark.parametrize(("headers", "secrets"), [
    ({"X": None}, ()), ({"X": "a\r\nHost: other.example"}, ()), ({"X": "Grüße"}, ()), ({"X Y": "a"}, ()), ({"": "a"}, ()),
    ({}, ("abc",)), ({}, ("whsec_",)), ({}, ("whsec_MTI\n",))])
def test_a_post_that_could_never_be_sent_is_refused_when_it_is_asked_for(clinic, email, headers, secrets):
    with pytest.raises((ValueError, TypeError)):
        email.does(lambda desk: desk.post("https://his.example/in", "{}", headers, "his", secrets=secrets))
    assert not waiting(clinic, "post")


def test_what_is_asked_of_a_plugin_that_fails_is_not_sent(clinic, visitor, email):
    def breaks(desk):
        desk.mail(desk.visitor(visitor.conversation), "New", "Look")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        email.does(breaks)
    assert waiting(clinic) == []


@pytest.mark.parametrize("deed", [
    lambda row, other: {"sealed": flipped(row.sealed)}, lambda row, other: {"sealed": b""},
    lambda row, other: {"target": f"mail:visitor:{other}"}, lambda row, other: {"target": "mail:address"},
    lambda row, other: {"conversation_id": other},
    lambda row, other: {"conversation_id": other, "target": f"mail:visitor:{other}"},
    lambda row, other: {"conversation_id": None}, lambda row, other: {"plugin": "hours"}])
def test_a_letter_that_was_altered_reaches_nobody(clinic, visitor, email, deed):
    other = clinic.visitor()
    other.opens("Hi", contact=("email", "eve@example.org"))
    mails(email, lambda desk: desk.visitor(visitor.conversation))
    [row] = waiting(clinic)
    changed = deed(row, other.conversation)
    clinic.sql(f"UPDATE outbox SET {', '.join(f'{name} = :{name}' for name in changed)}", **changed)
    [row] = waiting(clinic)
    with pytest.raises(Unverified):
        opened(clinic, row)


def test_an_address_that_was_altered_reaches_nobody(clinic, visitor, email):
    mails(email, lambda desk: desk.visitor(visitor.conversation))
    [contact], [row] = clinic.rows("contacts"), waiting(clinic)
    clinic.sql("UPDATE contacts SET sealed = :sealed", sealed=flipped(contact.sealed))
    assert opened(clinic, row).to == ()
    assert email.desk().contact(visitor.conversation) is None
    assert any(each.action == "message.unverified" for each in clinic.rows("audit"))


@once
@pytest.mark.parametrize("subject", ["", " ", "A\r\nBcc: eve@example.org", "A\nB", "A\0", "A\x7f", "A\u2028B", "x" * 201])
def test_a_subject_is_one_line(clinic, visitor, email, subject):
    with pytest.raises(ValueError, match="one line"):
        email.desk().mail("desk@elm.example", subject, "Look")


@once
@pytest.mark.parametrize("address", ["", "desk", "desk@elm.example\nBcc: eve@example.org", "a b@c", "a@b, c@d"])
def test_an_address_is_one(clinic, email, address):
    with pytest.raises(Refused):
        email.desk().mail(address, "New", "Look")


def test_a_flood_of_letters_ends(clinic, email):
    with pytest.raises(Limited):
        email.does(lambda desk: [desk.mail("desk@elm.example", "New", "Look") for _ in range(201)])
    assert waiting(clinic) == []


def test_a_letter_of_an_erased_conversation_opens_no_more(clinic, visitor, email):
    email.does(lambda desk: desk.mail("desk@elm.example", "New", "Look", about=visitor.conversation))
    [row] = waiting(clinic)
    clinic.sql("UPDATE conversation_keys SET wrapped = NULL")
    with pytest.raises(Missing):
        opened(clinic, row)
