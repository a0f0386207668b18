"""Erase a conversation, a message, a person: gone from the rows, the files and the log, and never to be opened again."""

import pytest

from securemsg.desk import reach, visits
from securemsg.desk.erasing import conversation, holds, message, person
from securemsg.desk.exporting.files import of_person as files_of_person
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Unknown
from securemsg.store import aftermath
from tests.desk.canary import files, found_in
from tests.desk.test_returning import code, comes, link
from tests.listening import plugins
from tests.people import new_key
from tests.plugins.turns import at_work

TABLES = ("kept", "tasks", "taken", "outbox", "drafts", "pending_replies", "returns", "return_codes")


@pytest.fixture
def compliance(clinic):
    return clinic.hires("Mo Abe", "Compliance", "compliance")


def fingerprints(clinic, id: str) -> list[bytes]:
    """What is sealed of a conversation, and its wrapped keys, each as the bytes in its middle: no header, and no page's end."""
    sealed = [bytes(row.sealed) for table in ("messages", "notes", "contacts") for row in clinic.rows(table, conversation_id=id)
              if row.sealed]
    wrapped = [bytes(row.wrapped) for row in clinic.rows("conversation_keys", conversation_id=id) if row.wrapped]
    names = [bytes(row.name) for row in clinic.rows("conversations") if row.id == id and row.name]
    return [value[20:44] for value in (*sealed, *wrapped, *names)]


def erases(clinic, id: str) -> None:
    conversation.erase(clinic.desk, clinic.service, id, "asked for", clinic.clock.tick())


def removes(clinic, id: str, message_id: str) -> None:
    message.erase(clinic.desk, clinic.service, id, message_id, "asked for", clinic.clock.tick())


def test_nothing_of_an_erased_conversation_is_left_but_that_there_was_one(clinic, busy):
    visitor, id = busy.visitor, busy.visitor.conversation
    at_work(clinic, clinic.service, id, "again")
    assert all(clinic.rows(table, conversation_id=id) for table in TABLES if table != "return_codes")
    erases(clinic, id)
    for table in TABLES:
        assert not [row for row in clinic.rows(table, conversation_id=id)
                    if getattr(row, "hook", "") != "conversation_erased"], table
    for table in ("messages", "notes", "contacts"):
        assert {row.sealed for row in clinic.rows(table, conversation_id=id)} == {None}, table
    assert [row.wrapped for row in clinic.rows("conversation_keys", conversation_id=id)] == [None]
    assert {row.answer for row in clinic.rows("idempotency", conversation_id=id)} == {None}
    row = next(each for each in clinic.rows("conversations") if each.id == id)
    assert row.erased_at and row.closed_at and row.name is None and not row.claimed_by
    with pytest.raises(Unknown):
        visitor.visit()
    for act in (busy.staff.opens, busy.staff.claims):
        with pytest.raises(Missing, match="erased"):
            act(*((visitor,) if act == busy.staff.opens else ()), **({"to": visitor} if act == busy.staff.claims else {}))
    assert id not in {*busy.staff.inbox(), *busy.staff.inbox("closed"), *busy.staff.inbox("todo"), *busy.staff.inbox("mine")}


def test_an_answer_kept_for_a_repeated_request_is_erased_too_and_nothing_is_done_twice(clinic, visitor):
    key = new_key()
    visitor.opens("Is the flu jab free?", key)
    erases(clinic, visitor.conversation)
    again = clinic.visitor()
    with pytest.raises(Conflict, match="no longer be read"):
        again.opens("Is the flu jab free?", key)


def test_plugins_hear_that_it_was_erased(clinic, visitor):
    told = []
    clinic.desk.registry = plugins(ear={"conversation_erased": lambda conversation, at, desk: told.append(conversation)})
    from securemsg.desk.deliveries.engine import Engine
    visitor.says("Is the flu jab free?")
    erases(clinic, visitor.conversation)
    Engine(clinic.desk).look()
    assert told == [visitor.conversation]


def test_the_files_of_sqlite_hold_nothing_that_was_erased(clinic, tmp_path, database_url):
    if not database_url.startswith("sqlite"):
        pytest.skip("what PostgreSQL keeps, and that nothing opens it, is shown in test_erased_for_good")
    gone, stays = [], []
    staff = clinic.hires()
    for number in range(40):  # enough that pages of the file are split and put together
        asks = clinic.visitor()
        asks.opens(f"Question {number} " + "long " * (number * 20 % 700), name="Leo",
                   contact=("email", f"leo{number}@example.org"))
        staff.opens(asks)
        staff.replies("Yes. " * (number % 40 + 1))
        staff.notes("A note.")
        (gone if number % 3 else stays).append(asks)
    needles = [needle for each in gone for needle in fingerprints(clinic, each.conversation)]
    kept = [needle for each in stays for needle in fingerprints(clinic, each.conversation)]
    assert len(needles) > 100 and found_in(files(tmp_path / "database"), needles[:1])
    for each in gone:
        erases(clinic, each.conversation)
    assert not found_in(files(tmp_path / "database"), needles)
    assert {needle for _, needle in found_in(files(tmp_path / "database"), kept)} == set(kept)


def test_a_removed_message_is_gone_and_all_others_open_under_another_key(clinic, busy, tmp_path, database_url):
    visitor, staff, id = busy.visitor, busy.staff, busy.visitor.conversation
    before = staff.opens(visitor)
    draft, waiting = staff.draft(), staff.waiting().id
    secret = before.messages[1]
    rows = clinic.rows("messages", conversation_id=id)
    removes(clinic, id, secret.id)
    after = staff.opens(visitor)
    assert [each.verified for each in after.messages] == [True] * len(before.messages)
    assert [(each.kind, each.data) for each in after.messages if each.id == secret.id] == [("removed", {})]
    assert [each.data for each in after.messages if each.id != secret.id] == [each.data for each in before.messages
                                                                              if each.id != secret.id]
    assert (after.name, after.contact, after.consent) == (before.name, before.contact, before.consent)
    assert [note.text for note in after.notes] == [note.text for note in before.notes]
    assert staff.draft() == draft and staff.waiting().id == waiting
    assert [row.ct_sha256 for row in clinic.rows("messages", conversation_id=id) if row.id == secret.id] == [
        row.ct_sha256 for row in rows if row.id == secret.id]
    assert [(key.version, key.wrapped is None) for key in sorted(clinic.rows("conversation_keys", conversation_id=id))] in (
        [(1, True), (2, False)], [(2, False), (1, True)])
    visitor.says("I go on.")
    assert visitor.messages()[-1].data["text"] == "I go on."
    if database_url.startswith("sqlite"):
        assert not found_in(files(tmp_path / "database"), [bytes(row.sealed)[20:44] for row in rows])


def test_the_first_message_can_be_removed_and_what_it_vouched_for_still_stands(clinic, busy):
    first = busy.staff.opens(busy.visitor)
    removes(clinic, busy.visitor.conversation, first.messages[0].id)
    after = busy.staff.opens(busy.visitor)
    assert after.messages[0].kind == "removed" and (after.name, after.contact) == (first.name, first.contact)
    assert after.consent == first.consent


def test_who_only_blanks_a_message_in_the_database_is_found_out(clinic, visitor):
    visitor.opens("One.")
    visitor.says("Two.")
    clinic.sql("UPDATE messages SET sealed = NULL WHERE conversation_id = :id AND seq = 2", id=visitor.conversation)
    clinic.sql("INSERT INTO erasures (clinic_id, id, object_kind, object_id, erased_at) SELECT clinic_id, id, 'message', id, 5"
               " FROM messages WHERE seq = 2")
    assert [each.verified for each in visitor.messages()] == [True, False]


def test_a_message_is_removed_once_and_only_from_its_own_conversation(clinic, visitor):
    visitor.opens("One.")
    other = clinic.visitor()
    other.opens("Another.")
    mine = visitor.messages()[0].id
    with pytest.raises(Missing):
        removes(clinic, other.conversation, mine)
    removes(clinic, visitor.conversation, mine)
    with pytest.raises(Missing):
        removes(clinic, visitor.conversation, mine)
    assert other.reads() == ["Another."]


def test_all_conversations_of_an_address_are_erased_but_what_is_held(clinic, compliance):
    mine = [clinic.visitor() for _ in range(3)]
    for each in mine:
        each.opens("Hello?", contact=("email", "Leo@example.org"))
    other = clinic.visitor()
    other.opens("Hello?", contact=("email", "ana@example.org"))
    holds.place(clinic.desk, compliance.who, mine[1].conversation, "A claim was announced.", clinic.clock.tick())
    done = person.visitor(clinic.desk, compliance.who, "email", "leo@example.org", "asked for", clinic.clock.tick(), True)
    assert len(done.erased) == 2 and len(done.held) == 1 and "A claim was announced." in next(iter(done.held.values()))
    assert mine[1].reads() == ["Hello?"] == other.reads()
    with pytest.raises(Missing):
        person.visitor(clinic.desk, compliance.who, "phone", "+1 555 0100", "asked for", clinic.clock.tick())


def test_a_number_is_the_same_however_it_is_written(clinic):
    for number in ("+1 555 0100", "+15550100", "+1-555-0100", "+1 (555) ٠١٠٠"):
        clinic.visitor().opens("Hello?", contact=("phone", number))
    clinic.visitor().opens("Hello?", contact=("phone", "+1 555 0101"))
    done = person.visitor(clinic.desk, clinic.service, "phone", "+1 555 0100", "asked for", clinic.clock.tick(), True)
    assert len(done.erased) == 4


def test_an_address_that_nobody_has_proven_may_be_mistyped_and_is_left(clinic):
    mine, other = clinic.visitor(), clinic.visitor()
    for each in (mine, other):
        each.opens("Hello?", contact=("email", "kim@example.org"))
    left = {row.id: row.reference for row in clinic.rows("conversations")}
    with pytest.raises(Refused, match="mistyped"):
        person.visitor(clinic.desk, clinic.service, "email", "kim@example.org", "asked for", clinic.clock.tick())
    comes(clinic, link(clinic, mine), code(clinic, mine))
    file = files_of_person(clinic.desk, clinic.home, clinic.service, "email", "kim@example.org", "patient", clinic.clock.tick())
    assert mine.conversation in file.content.decode() and other.conversation not in file.content.decode()
    done = person.visitor(clinic.desk, clinic.service, "email", "kim@example.org", "asked for", clinic.clock.tick())
    assert done.erased == (left[mine.conversation],) and done.unproven == (left[other.conversation],)
    assert other.reads() == ["Hello?"]


HOW_IT_BEGAN = {
    "a session that says it came by a link": "UPDATE visitor_sessions SET via = 'link'",
    "an ended one that says so": "UPDATE visitor_sessions SET via = 'link', ended_at = created_at, mac = :none",
    "another's that did, given away": "UPDATE visitor_sessions SET conversation_id = :mine WHERE via = 'link'"}


@pytest.mark.parametrize("what", HOW_IT_BEGAN)
def test_who_writes_to_the_database_proves_nobodys_address(clinic, what):
    mine, other = clinic.visitor(), clinic.visitor()
    for each, address in ((mine, "kim@example.org"), (other, "lee@example.org")):
        each.opens("Hello?", contact=("email", address))
    comes(clinic, link(clinic, other), code(clinic, other))
    values = {"none": bytes(32), "mine": mine.conversation}
    assert clinic.sql(HOW_IT_BEGAN[what], **{name: value for name, value in values.items() if f":{name}" in HOW_IT_BEGAN[what]})
    with pytest.raises(Refused, match="mistyped"):
        person.visitor(clinic.desk, clinic.service, "email", "kim@example.org", "asked for", clinic.clock.tick())


@pytest.mark.parametrize("how", ["by themselves", "by the ledger", "with a restored copy"])
def test_an_address_stays_proven_when_the_session_has_ended(clinic, how):
    mine = clinic.visitor()
    mine.opens("Hello?", contact=("email", "kim@example.org"))
    session, now = comes(clinic, link(clinic, mine), code(clinic, mine)).visit(), clinic.clock.tick()
    ends = {"by the ledger": lambda tx: aftermath.repeat(tx, "session", clinic.home.id, session.who.session_id, now),
            "with a restored copy": lambda tx: aftermath.end_everything(tx, now)}
    if how in ends:
        clinic.desk.database.write(ends[how])
    else:
        visits.end(clinic.desk, session, now)
    assert [row.ended_at for row in clinic.rows("visitor_sessions", via="link")] == [now]
    assert len(person.visitor(clinic.desk, clinic.service, "email", "kim@example.org", "asked for", now).erased) == 1


def test_a_member_of_staff_who_left_is_no_name_any_more(clinic, visitor, compliance):
    from securemsg.desk import people
    leaver = clinic.hires("Cy Oh")
    visitor.opens("Hello?")
    leaver.replies("Good day.", to=visitor)
    with pytest.raises(Conflict, match="Disable"):
        person.staff(clinic.desk, compliance.who, clinic.home, leaver.person, "left", clinic.clock.tick())
    people.disable(clinic.desk, clinic.service, clinic.home, leaver.person, clinic.clock.tick())
    gone = people.everyone(clinic.desk, clinic.home.id)[leaver.person.id]
    person.staff(clinic.desk, compliance.who, clinic.home, gone, "They left.", clinic.clock.tick())
    assert people.everyone(clinic.desk, clinic.home.id)[leaver.person.id].name == "A former colleague"
    assert visitor.reads() == ["Hello?", "Good day."]
    back = clinic.hires("Cy Oh")
    assert back.person.id != leaver.person.id


def test_only_compliance_erases(clinic, visitor, staff):
    visitor.opens("Hello?")
    for who in (staff.who, clinic.hires("Bo Li", "Doctor", "doctor").who, clinic.hires("Di Wu", None, "manager").who):
        with pytest.raises(Forbidden):
            conversation.erase(clinic.desk, who, visitor.conversation, "because", clinic.clock.tick())
    assert reach.own(clinic.desk, staff.who, visitor.conversation).erased_at is None
