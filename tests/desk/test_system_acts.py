"""What systems read and do in a conversation: on record, on condition, once; and how it looks to the visitor."""

import pytest

from securemsg.desk import thread, visits
from securemsg.desk.access import SCOPES
from securemsg.desk.search.search import search
from securemsg.desk.system import trail
from securemsg.errors import Conflict, Forbidden, Full, Missing, Refused, Reused, Stale, Unavailable
from securemsg.store import audit_pages
from securemsg.store.ids import new_id
from tests.desk.hand import Hand, flipped
from tests.desk.systems import System
from tests.people import new_key
from tests.together import at_once


@pytest.fixture
def system(clinic) -> System:
    return System.let_in(clinic)


@pytest.fixture
def leo(clinic):
    """Somebody who asked, with a name and an address."""
    visitor = clinic.visitor()
    visitor.opens("Is the flu jab free?", name="Leo", contact=("email", "leo@example.org"))
    return visitor


def facts(shown: dict) -> dict:
    return {name: value for name, value in shown.items() if name != "visitor"}


def reads(clinic) -> list[tuple]:
    """Who read what, as the audit log has it."""
    return [(row.actor_kind, row.actor_id, row.objects) for row in clinic.rows("audit", action="conversation.read")]


def test_it_reads_what_was_said_and_that_is_on_record(clinic, system, leo):
    leo.says("And for children?")
    assert system.reads(leo) == ["Is the flu jab free?", "And for children?"]
    assert system.reads(leo, after=1) == ["And for children?"]
    assert reads(clinic) == [("system", system.who.id, '[["messages","1-2"]]'), ("system", system.who.id, '[["messages","2-2"]]')]
    assert system.reads(leo, after=2) == [] and len(reads(clinic)) == 2, "an empty page discloses nothing"
    with pytest.raises(Conflict, match="no message number 3 yet"):  # of another copy: the next answer would be passed over
        system.reads(leo, after=3)


def test_pages_of_messages_hold_each_once_though_more_are_said(clinic, system, leo):
    for number in range(2, 8):
        leo.says(f"{number}")
    assert system.reads(leo, limit=3) == ["Is the flu jab free?", *map(str, range(2, 8))]
    assert [objects for *_, objects in reads(clinic)] == ['[["messages","1-3"]]', '[["messages","4-6"]]', '[["messages","7-7"]]']


def test_what_is_said_while_it_reads_is_left_for_the_next_time(clinic, system, leo, monkeypatch):
    """It was not on record when the record was written."""
    real = thread.page

    def slower(*what):
        monkeypatch.undo()
        leo.says("In between.")
        return real(*what)

    monkeypatch.setattr(thread, "page", slower)
    assert system.reads(leo) == ["Is the flu jab free?"] and reads(clinic)[0][2] == '[["messages","1-1"]]'
    assert system.reads(leo, after=1) == ["In between."]


def test_what_a_system_fetches_is_not_opened_by_anybody(clinic, system, leo):
    system.reads(leo)
    assert not clinic.rows("openings") and clinic.rows("conversations")[0].unread_staff == 1


def test_name_and_contact_are_shown_on_record_to_who_may_read(clinic, system, leo):
    shown = system.looks_at(leo)
    assert shown["visitor"] == {"name": "Leo", "contact": {"kind": "email", "value": "leo@example.org"}, "verified": True}
    assert [objects for *_, objects in reads(clinic)] == [f'[["contact","{leo.conversation}"],["name","{leo.conversation}"]]']
    less = System.let_in(clinic, "conversations:read").looks_at(leo)
    assert less["visitor"] is None and {**less, "visitor": shown["visitor"]} == shown and len(reads(clinic)) == 1


def test_a_name_that_was_put_there_is_not_shown(clinic, system, leo):
    row = clinic.rows("conversations")[0]
    clinic.sql("UPDATE conversations SET name = :name", name=flipped(row.name))
    assert system.looks_at(leo)["visitor"] == {"name": None, "contact": None, "verified": False}


def test_an_altered_message_is_marked_and_the_others_are_read(clinic, system, leo):
    leo.says("two")
    Hand(clinic, leo.conversation).sets(1, sealed=b"")
    assert system.reads(leo) == [None, "two"]
    assert [row.actor_kind for row in clinic.rows("audit", action="message.unverified")] == ["system"]


def test_without_room_for_the_record_nothing_is_disclosed(clinic, system, leo, monkeypatch):
    system.notes(leo, "allergic")

    def no_room(*_, **__):
        raise Full

    monkeypatch.setattr(clinic.desk.database, "write", no_room)
    for read in (system.reads, system.looks_at, system.reads_notes, lambda _: system.audits()):
        with pytest.raises(Unavailable) as refused:
            read(leo)
        assert refused.value.status == 503 and "not on record" in refused.value.detail
    assert system.lists(), "facts need no record"


def test_a_reply_is_the_clinics_to_the_visitor_and_by_its_label_to_staff(clinic, system, leo, staff):
    done = system.replies(leo, "Yes, it is.", seen=1)
    assert (done["seq"], done["author_id"]) == (2, system.who.id)
    message = leo.messages()[1]
    assert (message.author_kind, message.verified, message.data) == ("staff", True, {"text": "Yes, it is."})
    assert message.author_id not in {person.id for person in (staff.person,)}
    row = clinic.rows("conversations")[0]
    assert (row.waiting_on, row.unread_visitor, row.version) == ("visitor", 1, done["version"])
    sent = clinic.rows("audit", action="message.sent")[-1]
    assert (sent.actor_kind, sent.actor_id) == ("system", system.who.id)


def test_the_same_key_gives_the_first_answer_and_sends_nothing_more(clinic, system, leo):
    key = new_key()
    first = system.replies(leo, "Yes.", seen=1, key=key)
    assert system.replies(leo, "Yes.", seen=1, key=key) == first, "though the conversation has moved on since"
    with pytest.raises(Reused):
        system.replies(leo, "No.", seen=1, key=key)
    assert leo.reads() == ["Is the flu jab free?", "Yes."]


def test_a_key_is_good_for_its_own_system_and_conversation(clinic, system, leo):
    key, other, mia = new_key(), System.let_in(clinic), clinic.visitor()
    mia.says("Hello?")
    assert system.replies(leo, "Yes.", seen=1, key=key)["seq"] == 2
    assert other.replies(leo, "No.", seen=2, key=key)["seq"] == 3 and system.replies(mia, "Hello.", seen=1, key=key)["seq"] == 2


def test_nobody_is_answered_on_an_old_view(clinic, system, leo, staff):
    leo.says("Forget it.")
    with pytest.raises(Conflict) as refused:
        system.replies(leo, "Yes.", seen=1)
    assert refused.value.members == {"last_seq": 2}
    staff.replies("All right.", to=leo)
    with pytest.raises(Conflict):
        system.replies(leo, "Yes.", seen=2)
    with pytest.raises(Stale) as stale:
        system.replies(leo, "Yes.", version=2)
    assert stale.value.members["current"]["version"] == 3
    assert leo.reads()[-1] == "All right."


def test_staff_are_told_which_system_was_quicker(system, leo, staff):
    staff.opens(leo)
    system.replies(leo, "Yes, it is.", seen=1)
    with pytest.raises(Conflict, match="EHR has answered in the meantime"):
        staff.replies("Yes.", to=leo, seen=1)


@pytest.mark.parametrize("condition", [{"seen": 1}, {"version": 1}])
def test_of_two_that_reply_at_once_one_wins_and_the_other_hears_of_it(clinic, leo, condition):
    systems = [System.let_in(clinic, label=name) for name in ("EHR", "Phone")]
    results = at_once(2, lambda number: systems[number].replies(leo, f"From {number}.", **condition))
    [won] = [result for result in results if isinstance(result, dict)]
    [lost] = [result for result in results if isinstance(result, Conflict | Stale)]
    assert leo.reads() == ["Is the flu jab free?", won["data"]["text"]]
    assert lost.members["current"]["version"] == won["version"] if "version" in condition else lost.members == {"last_seq": 2}


def test_of_two_changes_at_once_one_wins_whatever_they_change(clinic, leo):
    """Urgency and closing touch different columns: the version alone tells that somebody was there before."""
    systems = [System.let_in(clinic), System.let_in(clinic)]
    wanted = [{"urgency": "urgent"}, {"state": "closed", "reason": "called"}]
    results = at_once(2, lambda number: systems[number].changes(leo, 1, **wanted[number]))
    [won] = [result for result in results if isinstance(result, dict)]
    [lost] = [result for result in results if isinstance(result, Stale)]
    assert lost.members["current"] == won == facts(systems[0].looks_at(leo))


@pytest.mark.parametrize("wanted", [
    {"urgency": "urgent"}, {"urgency": "emergency", "state": "closed", "reason": "emergency"},
    {"state": "closed", "reason": "answered"}, {"claimed_by": None},
    {"claimed_by": None, "urgency": "urgent", "state": "closed", "reason": "spam"}, {"urgency": "normal"}])
def test_a_change_answers_with_what_is_then(clinic, system, leo, staff, wanted):
    staff.claims(to=leo)
    before = system.looks_at(leo)
    key = new_key()
    done = system.changes(leo, before["version"], key, **wanted)
    assert done | {"visitor": before["visitor"]} == system.looks_at(leo)
    assert all(done[name] == value for name, value in wanted.items() if name != "reason")
    assert done["closed_reason"] == wanted.get("reason")
    assert system.changes(leo, before["version"], key, **wanted) == done, "the stored answer, though it is stale by now"


def test_closing_and_reopening_are_seen_by_the_visitor_and_on_record(clinic, system, leo):
    done = system.changes(leo, 1, state="closed", reason="answered")
    again = system.changes(leo, done["version"], state="open")
    assert leo.reads() == ["Is the flu jab free?", "system.closed", "system.reopened"] and again["waiting_on"] == "staff"
    actions = [(row.action, row.actor_id) for row in clinic.rows("audit") if row.action.startswith("conversation.")]
    assert actions == [("conversation.opened", leo.visit().who.id), ("conversation.closed", system.who.id),
                       ("conversation.reopened", system.who.id)]


def test_what_makes_no_sense_changes_nothing(clinic, system, leo):
    rows = clinic.rows("conversations")
    for wanted, error in (({"state": "open"}, Conflict), ({"claimed_by": system.who.id}, Refused),
                          ({"claimed_by": new_id()}, Refused)):
        with pytest.raises(error):
            system.changes(leo, 1, urgency="urgent", **wanted)
    system.changes(leo, 1, state="closed", reason="called")
    with pytest.raises(Conflict):
        system.changes(leo, 2, state="closed", reason="called")
    with pytest.raises(Conflict):
        system.replies(leo, "Hello?", version=2)
    assert len(rows) == 1 and clinic.rows("conversations")[0].urgency == "normal"


def test_a_person_takes_and_hands_back_by_program_too(clinic, leo, staff):
    person, colleague = System(clinic, "", staff.who), System(clinic, "", clinic.hires("Bo Li").who)
    taken = person.changes(leo, 1, claimed_by=staff.who.id)
    assert taken["claimed_by"] == staff.who.id and leo.reads()[-1] == "system.claimed"
    assert facts(person.looks_at(leo)) == taken
    with pytest.raises(Conflict):
        colleague.changes(leo, taken["version"], claimed_by=None)
    with pytest.raises(Forbidden):
        colleague.changes(leo, taken["version"], claimed_by=clinic.hires("Cy Oh").who.id)
    assert person.changes(leo, taken["version"], claimed_by=None)["claimed_by"] is None
    person.reads(leo)
    assert [row.reader_id for row in clinic.rows("openings")] == [staff.who.id], "a person has opened it"


def test_notes_are_among_staff_and_say_which_system_wrote_them(clinic, system, leo, staff):
    staff.notes("Called, no answer.", to=leo)
    system.notes(leo, "Has an appointment on Monday.")
    assert system.reads_notes(leo) == ["Called, no answer.", "Has an appointment on Monday."]
    assert [(note.author_id, note.text) for note in staff.opens(leo).notes][1] == (system.who.id, "Has an appointment on Monday.")
    assert leo.reads() == ["Is the flu jab free?"]
    assert reads(clinic)[0] == ("system", system.who.id, '[["notes","1-2"]]')


def test_another_clinics_conversation_is_as_if_it_were_not_there(clinic, other_clinic, leo):
    stranger = System.let_in(other_clinic)
    before = {table: clinic.rows(table) for table in ("conversations", "messages", "notes", "audit", "idempotency")}
    for id in (leo.conversation, new_id()):
        for act in (lambda id: stranger.looks_at(id), lambda id: stranger.reads(id), lambda id: stranger.reads_notes(id),
                    lambda id: stranger.replies(id, "x", seen=1), lambda id: stranger.notes(id, "x"),
                    lambda id: stranger.changes(id, 1, urgency="urgent")):
            with pytest.raises(Missing) as missing:
                act(id)
            assert missing.value.detail == "There is no such conversation."
    assert {table: clinic.rows(table) for table in before} == before


ACTS = {"conversations:read": ["lists", "looks_at"], "messages:read": ["reads"], "messages:write": ["replies"],
        "clinics:read": [], "notes:read": ["reads_notes"], "notes:write": ["notes"], "conversations:write": ["changes"],
        "events:read": ["hears"], "audit:read": ["audits"], "people:read": ["lists_people"],
        "pools:read": ["lists_pools"], "pools:write": ["adds_pool"],
        "templates:read": ["lists_templates"], "templates:write": ["adds_template"]}
BARE = ("lists", "hears", "audits", "lists_people", "lists_pools", "lists_templates", "adds_pool", "adds_template")


def test_each_scope_allows_its_own_acts_and_no_other(clinic, leo):
    how = {"replies": ("Hello", ), "notes": ("Hello",), "changes": (1,)}
    more = {"replies": {"seen": 0}, "changes": {"urgency": "urgent"}}
    assert set(ACTS) == set(SCOPES) - {"webhooks:write"}, "that is a plugin's"
    for scope in SCOPES:
        system = System.let_in(clinic, scope, label=scope)
        for needed, acts in ACTS.items():
            for act in acts:
                what = () if act in BARE else (leo, *how.get(act, ()))
                if SCOPES[needed] <= SCOPES[scope]:
                    try:
                        getattr(system, act)(*what, **more.get(act, {}))
                    except Conflict:
                        assert act == "replies", "on an old view, but allowed"
                else:
                    with pytest.raises(Forbidden) as refused:
                        getattr(system, act)(*what, **more.get(act, {}))
                    assert refused.value.members == {"missing_scope": needed}


def test_an_auditor_sees_who_did_what_and_not_a_word(clinic, leo, staff):
    auditor = System(clinic, "", clinic.hires("Cy Oh", None, "auditor").who)
    staff.opens(leo)
    for words in ("flu jab", "leo@example.org"):
        search(clinic.desk, staff.who, words, "", clinic.clock.tick())
    found = auditor.audits()
    assert {"conversation.opened", "conversation.read", "conversations.searched"} <= {event["action"] for event in found}
    assert "flu" not in str(found) and "leo@" not in str(found)
    for act in (auditor.lists, lambda: auditor.reads(leo), lambda: auditor.looks_at(leo), lambda: auditor.notes(leo, "x")):
        with pytest.raises(Forbidden):
            act()


def test_what_was_searched_for_is_told_to_who_may_read_it_and_to_others_only_where_it_was_found(clinic, leo, staff):
    search(clinic.desk, staff.who, "flu", "", clinic.clock.tick())
    reader = System.let_in(clinic, "audit:read", "messages:read", "notes:read")
    tokens = (System.let_in(clinic, "audit:read", *more) for more in ((), ("messages:read",), ("notes:read",)))
    [whole], *others = (each.audits(action="conversations.searched") for each in (reader, *tokens))
    assert whole["detail"]["query"] == "flu" and {each["kind"] for each in whole["objects"]} == {"conversation", "message"}
    for [event] in others:
        assert event["objects"] == [{"kind": "conversation", "id": leo.conversation}] and event["verified"]
        assert event["detail"] == {name: value for name, value in whole["detail"].items() if name != "query"}


FILTERS = {  # few rows are of them, or none
    "action": "person.added", "actor_kind": "service", "outcome": "refused", "actor_id": None, "object_id": None}


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_rare_in_the_log_is_found_slice_by_slice(clinic, leo, staff, monkeypatch, name):
    """No page looks through more of the log than a slice; all of them together find what one look at all of it finds."""
    system = System.let_in(clinic, "audit:read")
    wanted = {name: FILTERS[name] or (staff.person.id if name == "actor_id" else leo.conversation)}
    for _ in range(5):
        staff.opens(leo)
        search(clinic.desk, staff.who, "flu", "", clinic.clock.tick())
    whole = system.audits(1000, **wanted)
    monkeypatch.setattr(audit_pages, "SLICE", 3)
    found, pages, cursor = [], 0, None
    while pages == 0 or cursor:
        items, cursor = trail.page(clinic.desk, system.who, wanted, cursor, 3, clinic.clock.tick())
        assert len(items) <= 3
        found, pages = found + items, pages + 1
    assert [each["id"] for each in found if each["action"] != "audit.read"] == [each["id"] for each in whole]
    assert bool(whole) == (name != "outcome") and pages >= 4


def test_an_objects_rows_are_found_from_it_whatever_else_happened(clinic, leo, staff, monkeypatch):
    staff.opens(leo)
    for _ in range(4):
        clinic.visitor().says("Hello.")
    monkeypatch.setattr(audit_pages, "SLICE", 3)
    system = System.let_in(clinic, "audit:read")
    found, more = trail.page(clinic.desk, system.who, {"object_id": leo.conversation}, None, 50, clinic.clock.tick())
    assert [each["action"] for each in found] == ["conversation.read", "conversation.opened"] and more is None


def test_visitors_and_nobody_have_no_rights_here(clinic, leo):
    stranger = System(clinic, "", visits.visit(clinic.desk, leo.token, clinic.clock()).who)
    for act in (stranger.lists, stranger.audits, stranger.hears, lambda: stranger.reads(leo)):
        with pytest.raises(Forbidden):
            act()
