"""Calls of the API by the letter: strict queries, pages and their links, entity tags, conditions, methods, keys."""

import pytest

from securemsg.store.ids import new_id
from tests.http.people import new_key
from tests.http.systems import System, arrived

HERE = "/conversations/{}"


@pytest.fixture
def leo(house):
    return arrived(house)


@pytest.fixture
def system(house) -> System:
    return System.of(house)


def reads(house) -> int:
    count = "SELECT count(*) AS n FROM audit WHERE action IN ('conversation.read', 'audit.read')"
    return house.desk.database.read(lambda tx: tx.everywhere.one(count)).n


WRONG = {
    "limit": ["0", "101", "-1", "x", "1.0", "1_0", " 5", "٣", "", "9" * 30], "cursor": [""], "state": ["OPEN", "", "open "],
    "sort": ["id", ""], "order": ["up"], "urgency": ["high"], "waiting_on": ["me"], "claimed_by": ["me", "NOBODY!"],
    "category": ["surgery", "", "x" * 65, "%00"], "opened_since": ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "1e9"],
    "updated_since": ["2026-13-01T00:00:00Z"], "reference": ["", "%00", "a b", "x" * 21], "offset": ["5"],
    "filter[state]": ["open"]}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_unknown_or_repeated_parameter_is_refused_by_its_name(system, name):
    for value in WRONG[name]:
        answer = system.gets(f"/conversations?{name}={value}")
        assert answer.status == 422 and list(answer.json["errors"]) == [name], (name, value, answer.text)
        assert all(len(text) > 5 and text.endswith(".") for texts in answer.json["errors"].values() for text in texts)
    answer = system.gets("/conversations?state=open&state=open")
    assert answer.status == 422 and answer.json["errors"] == {"state": ["Please give this once."]}


@pytest.mark.parametrize("path", ["/clinics", "/events", "/audit-events", HERE + "/messages", HERE + "/notes", HERE])
def test_no_address_passes_over_a_parameter_that_it_does_not_know(system, leo, path):
    answer = system.gets(path.format(leo.conversation) + "?colour=red")
    assert answer.json["errors"] == {"colour": ["There is no such parameter here."]}


@pytest.mark.parametrize(("path", "name", "value"), [
    (HERE + "/messages", "after", "-1"), ("/events", "after", "x"), ("/events", "after", "9" * 17),
    ("/audit-events", "action", "read"), ("/audit-events", "actor", "me"), ("/audit-events", "object", "1"),
    ("/audit-events", "from", "now"), ("/audit-events", "to", ""), ("/audit-events", "outcome", "good"),
    ("/audit-events", "actor_kind", "robot")])
def test_wrong_values_elsewhere_are_refused_by_name_too(system, leo, path, name, value):
    answer = system.gets(f"{path.format(leo.conversation)}?{name}={value}")
    assert answer.status == 422 and list(answer.json["errors"]) == [name]


def test_the_link_leads_through_all_pages_with_filter_and_order(house, system):
    people = [arrived(house, f"Question {number}").conversation for number in range(5)]
    assert [item["id"] for item in system.lists("limit=2&sort=opened&order=asc&state=open")] == people
    first = system.gets("/conversations?limit=2&sort=opened")
    link = first.headers["Link"]
    assert link.startswith(f"<{house.url}/api/v1/conversations?") and link.endswith('>; rel="next"')
    assert first.json["next"] in link
    assert "sort=opened" in link and "limit=2" in link
    last = system.gets("/conversations")
    assert last.json["next"] is None and "Link" not in last.headers


def test_a_reference_is_found_however_it_was_read_out(system, leo):
    arrived_first = system.lists()[0]
    for said in (arrived_first["reference"], arrived_first["reference"].lower()):
        assert [item["id"] for item in system.lists(f"reference={said}")] == [leo.conversation]
    assert system.lists("reference=AA-AAAA") == []


def test_a_cursor_with_another_filter_of_another_list_or_of_nobody_is_a_400(house, system, leo):
    for number in range(3):
        arrived(house)
        leo.says(f"{number}")
    cursor = system.gets("/conversations?limit=1&state=open").json["next"]
    messages = system.gets(f"/conversations/{leo.conversation}/messages?limit=1").json["next"]
    assert system.gets(f"/conversations?state=open&cursor={cursor}").status == 200
    assert system.gets(f"/conversations/{leo.conversation}/messages?cursor={messages}").status == 200
    for query in (f"/conversations?cursor={cursor}", f"/conversations?state=open&order=asc&cursor={cursor}",
                  f"/conversations?state=open&cursor={messages}", f"/conversations?state=open&cursor={cursor[:-1]}",
                  f"/events?cursor={cursor}", f"/audit-events?cursor={cursor}", f"/clinics?cursor={cursor}",
                  f"/conversations/{leo.conversation}/notes?cursor={messages}",
                  f"/conversations/{leo.conversation}/messages?after=1&cursor={messages}"):
        answer = system.gets(query)
        assert answer.status == 400 and "This cursor belongs to no page of this list" in answer.json["detail"], query


def test_who_has_it_already_gets_304_and_nothing_is_recorded_or_disclosed(house, system, leo):
    seen = system.sees(leo.conversation)
    tag, before = seen.headers["ETag"], reads(house)
    assert seen.json["visitor"]["name"] == "Leo" and before == 1
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = system.gets(f"/conversations/{leo.conversation}", If_None_Match=known)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert reads(house) == before
    leo.says("More.")
    answer = system.gets(f"/conversations/{leo.conversation}", If_None_Match=tag)
    assert answer.status == 200 and answer.headers["ETag"] != tag and reads(house) == before + 1
    less = System.of(house, "conversations:read").gets(f"/conversations/{leo.conversation}", If_None_Match=answer.headers["ETag"])
    assert less.status == 200, "another view of it"
    [home] = system.gets("/clinics").json["items"]
    tag = system.gets(f"/clinics/{home['id']}").headers["ETag"]
    assert system.gets(f"/clinics/{home['id']}", If_None_Match=tag).status == 304


def test_a_change_needs_the_tag_and_an_old_one_gets_the_present_state(system, leo):
    path, key = f"/conversations/{leo.conversation}", {"Idempotency-Key": new_key()}
    for told in ({}, {"If-Match": "*"}):
        answer = system.asks("PATCH", path, {"urgency": "urgent"}, key | told)
        assert answer.status == 428 and "If-Match" in answer.json["detail"]
    for odd in ("7", "1", "W/", '"1', 'x"1"', ""):
        assert system.asks("PATCH", path, {"urgency": "urgent"}, key | {"If-Match": odd}).status in (400, 412), odd
    tag = system.sees(leo.conversation).headers["ETag"]
    leo.says("Another thing.")
    answer = system.changes(leo.conversation, tag, state="closed", reason="answered")
    now = system.sees(leo.conversation)
    assert answer.status == 412 and answer.json["current"] | {"visitor": now.json["visitor"]} == now.json
    assert answer.headers["ETag"] == now.headers["ETag"], "of `current`: with it the call can be made again"
    done = system.changes(leo.conversation, now.headers["ETag"], state="closed", reason="answered")
    assert done.status == 200 and done.json["state"] == "closed"
    assert done.headers["ETag"] == system.sees(leo.conversation).headers["ETag"]
    plain = f'"{done.json["version"]}"'
    assert system.changes(leo.conversation, f'"1", {plain}', state="open").status == 200, "as a list gives it, one of several"


def test_no_refusal_and_no_answer_tells_more_than_the_scope_to_read_it(house, system, leo):
    here, few = f"/conversations/{leo.conversation}", {"id", "last_seq", "version"}
    for scopes, names in ((("conversations:write",), few), (("messages:write",), few),
                          (("conversations:write", "messages:write", "conversations:read"), set(system.lists()[0]))):
        one, key = System.of(house, *scopes), {"Idempotency-Key": new_key()}
        tag = f'"{system.sees(leo.conversation).json["version"]}"'
        if "messages:write" in scopes:
            stale = one.replies(leo.conversation, tag='"99"')
            assert stale.status == 412 and set(stale.json["current"]) == names and stale.headers["ETag"] == tag
        if "conversations:write" in scopes:
            stale = one.changes(leo.conversation, '"99"', urgency="urgent")
            assert stale.status == 412 and set(stale.json["current"]) == names and stale.headers["ETag"] == tag
            done = [one.asks("PATCH", here, {"urgency": "urgent"}, key | {"If-Match": tag}) for _ in range(2)]
            assert [(each.status, set(each.json)) for each in done] == [(200, names)] * 2, "a repeat tells no more"


@pytest.mark.parametrize(("wanted", "field"), [
    ({}, "body"), ({"state": "closed"}, "reason"), ({"reason": "answered"}, "reason"), ({"version": 2}, "version"),
    ({"state": "open", "reason": "called"}, "reason"), ({"state": "closed", "reason": "bored"}, "reason"),
    ({"urgency": "high"}, "urgency"), ({"claimed_by": "me"}, "claimed_by"), ({"claimed_by": new_id()}, "claimed_by"),
    ({"state": "open", "claimed_by": new_id()}, "claimed_by"), ({"colour": "red"}, "colour")])
def test_a_change_that_makes_no_sense_is_refused_by_its_field(system, leo, wanted, field):
    answer = system.changes(leo.conversation, **wanted)
    assert answer.status == 422 and field in answer.json["errors"], answer.text


def test_a_reply_needs_to_know_what_it_answers(system, leo):
    assert system.replies(leo.conversation).status == 428
    assert system.replies(leo.conversation, seen=0).status == 409
    ahead = system.replies(leo.conversation, seen=2)
    assert (ahead.status, ahead.json["last_seq"]) == (409, 1), "what nobody can have seen stands for no state"
    assert system.replies(leo.conversation, tag='"9"').status == 412
    tag = system.sees(leo.conversation).headers["ETag"]
    done = system.replies(leo.conversation, tag=tag)
    assert done.status == 201 and done.json["author"] == {"kind": "staff", "name": "EHR", "role": "System"}
    assert done.headers["ETag"] == system.sees(leo.conversation).headers["ETag"]
    assert system.replies(leo.conversation, tag=tag).status == 412
    assert leo.reads() == ["Is the flu jab free?", "Yes, it is."]


def test_the_visitor_reads_it_as_written_by_the_clinic(house, system, leo):
    assert system.replies(leo.conversation, seen=1).status == 201
    assert leo.items()[1]["author"] == {"kind": "staff", "name": "Harbour Lane Family Practice", "role": None}
    page = house.staff("Ana").opens(f"conversations/{leo.conversation}")
    assert "EHR" in page.text and "System" in page.text


def test_on_the_contact_page_it_is_the_clinics_too(house, system):
    mia = arrived(house, wish="cookie; same-site")
    system.replies(mia.conversation, seen=1)
    page = mia.browser.get(f"/contact/{mia.clinic}/conversation").text
    assert "Yes, it is." in page and "EHR" not in page and page.count("Harbour Lane Family Practice") >= 2


def test_every_unsafe_call_needs_a_key_and_is_done_once_for_each(house, system, leo):
    path = f"/conversations/{leo.conversation}"
    say, note = {"kind": "text", "data": {"text": "Yes."}, "seen": 1}, {"text": "Called."}
    for method, where, body, other in (
            ("POST", f"{path}/messages", say, say | {"data": {"text": "No."}}),
            ("POST", f"{path}/notes", note, {"text": "Other."}), ("PATCH", path, {"urgency": "urgent"}, {"urgency": "normal"})):
        told = {"If-Match": system.sees(leo.conversation).headers["ETag"]} if method == "PATCH" else {}
        for key in ("", "short", "x" * 129):
            assert system.asks(method, where, body, told | {"Idempotency-Key": key}).status == 400, key
        told["Idempotency-Key"] = new_key()
        first, second = (system.asks(method, where, body, told) for _ in range(2))
        assert first.status in (200, 201) and (second.status, second.body) == (first.status, first.body)
        answer = system.asks(method, where, other, told)
        assert answer.status == 422 and "Idempotency-Key" in answer.json["detail"]
    assert leo.reads() == ["Is the flu jab free?", "Yes."]
    assert len(system.gets(f"{path}/notes").json["items"]) == 1


def test_head_is_get_without_a_body_and_other_methods_are_told_which_there_are(system, leo):
    for path in ("/clinics", "/conversations", HERE, HERE + "/messages", HERE + "/notes", "/events", "/audit-events"):
        path = path.format(leo.conversation)
        head, got = system.asks("HEAD", path), system.gets(path)
        assert (head.status, head.body, head.headers["Content-Type"]) == (200, b"", got.headers["Content-Type"]), path
        answer = system.asks("DELETE", path, headers={"Idempotency-Key": new_key()})
        assert answer.status == 405 and "GET" in answer.headers["Allow"] and answer.json["detail"], path


def test_each_reading_call_writes_one_row_and_lists_write_none(house, system, leo):
    counts = []
    for path in ("/clinics", "/conversations", "/events", HERE, HERE + "/messages", HERE + "/notes", "/audit-events"):
        before = reads(house)
        assert system.gets(path.format(leo.conversation)).status == 200
        counts.append(reads(house) - before)
    assert counts == [0, 0, 0, 1, 1, 0, 1], "no note was there to be read"


def test_the_audit_log_by_time(house, system, leo):
    system.reads(leo.conversation)
    events = system.gets("/audit-events").json["items"]
    first, last = events[-1]["at"], events[0]["at"]
    for query, expected in ((f"from={last}", [event for event in events if event["at"] >= last]),
                            (f"to={last}", [event for event in events if event["at"] < last]),
                            (f"from={first}&to={last}", [event for event in events if first <= event["at"] < last])):
        found = system.gets(f"/audit-events?{query}&limit=100").json["items"]
        assert [event for event in found if event["action"] != "audit.read"] == expected, query
