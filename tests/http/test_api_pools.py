"""Pools and ready replies over the API: shapes, tags and conditions, pages, who may, and that staff confirm who they are."""

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.store.ids import new_id
from tests.http.browser import Answer
from tests.http.house import HARBOUR, HILL
from tests.http.people import Staff, new_key
from tests.http.systems import System, arrived

WORDS = {"label": "Flu jab", "language": "en", "text": "Dear {visitor}, it is free."}


@pytest.fixture
def system(house) -> System:
    return System.of(house)


def writes(system: System, method: str, path: str, body: object = b"", tag: str = "") -> Answer:
    return system.asks(method, path, body, {"Idempotency-Key": new_key()} | ({"If-Match": tag} if tag else {}))


def added(system: System, label: str = "Front desk", **more: object) -> Answer:
    answer = writes(system, "POST", "/pools", {"label": label} | more)
    assert answer.status == 201, answer.text
    return answer


def by_session(staff: Staff, method: str, path: str, body: object = b"", **headers: str) -> Answer:
    told = {"Securemsg-Clinic": HARBOUR, "Idempotency-Key": new_key(), "Sec-Fetch-Site": "same-origin"} | headers
    return staff.browser.ask(method, f"/api/v1{path}", body, told)


def test_a_pool_decides_at_once_who_sees_what(house, system):
    leo, ana, tomas = arrived(house, category="appointment"), house.staff("Ana"), house.staff("Tomas")
    pool = added(system)
    path = f"/pools/{pool.json['id']}"
    changed = writes(system, "PATCH", path, {"members": [tomas.known.id], "categories": ["appointment"]}, pool.headers["ETag"])
    assert changed.status == 200, changed.text
    assert tomas.inbox() == [leo.conversation] and ana.inbox() == []
    seen = system.gets(path)
    assert seen.json == changed.json and seen.headers["ETag"] == changed.headers["ETag"] == f'"{seen.json["version"]}"'
    assert system.gets("/pools").json == {"items": [seen.json], "next": None}
    assert system.gets(path, If_None_Match=seen.headers["ETag"]).status == 304


def test_what_nobody_reads_says_so_in_body_and_tag_and_both_tags_are_good_to_change_it(house, system):
    pool = added(system)
    path = f"/pools/{pool.json['id']}"
    unseen = writes(system, "PATCH", path, {"categories": ["billing"]}, pool.headers["ETag"])
    assert unseen.json["unseen"] and unseen.headers["ETag"] == f'"{unseen.json["version"]}-unseen"'
    assert writes(system, "PATCH", path, {"label": "Bills"}, unseen.headers["ETag"]).status == 200


@pytest.mark.parametrize("kind", ["pools", "templates"])
def test_a_change_needs_the_tag_and_an_old_one_gets_the_present_state(system, kind):
    made = writes(system, "POST", f"/{kind}", {"label": "Nurses"} if kind == "pools" else WORDS)
    path = f"/{kind}/{made.json['id']}"
    for method, body in (("PATCH", {"label": "Others"}), ("DELETE", b"")):
        assert writes(system, method, path, body).status == writes(system, method, path, body, "*").status == 428
        assert writes(system, method, path, body, '"1').status == 400
        assert writes(system, method, path, body, 'W/' + made.headers["ETag"]).status == 412, "a weak tag is none"
        unkeyed = system.asks(method, path, body, {"If-Match": made.headers["ETag"]})
        assert unkeyed.status == 400 and "Idempotency-Key" in unkeyed.json["detail"]
    now = writes(system, "PATCH", path, {"label": "Others"}, made.headers["ETag"])
    late = writes(system, "PATCH", path, {"label": "Mine"}, made.headers["ETag"])
    assert late.status == 412 and late.json["type"].endswith("/problems/stale") and late.json["current"] == now.json
    assert late.headers["ETag"] == now.headers["ETag"], "of `current`: with it the call can be made again"
    assert writes(system, "DELETE", path, b"", late.headers["ETag"]).status == 204
    assert system.gets(path).status == writes(system, "PATCH", path, {"label": "x"}, now.headers["ETag"]).status == 404


@pytest.mark.parametrize("kind", ["pools", "templates"])
def test_pages_lead_on_by_their_link(system, kind):
    ids = [writes(system, "POST", f"/{kind}", {"label": f"Ward {n}"} if kind == "pools" else WORDS).json["id"] for n in range(3)]
    first = system.gets(f"/{kind}?limit=2")
    link = first.headers["Link"]
    assert link.startswith(f"<{system.browser.url}/api/v1/{kind}?") and link.endswith('; rel="next"')
    rest = system.gets(link.partition("/api/v1")[2].partition(">")[0])
    assert [each["id"] for each in (*first.json["items"], *rest.json["items"])] == ids and rest.json["next"] is None
    assert system.gets(f"/{kind}?cursor={first.json['next'][:-2]}AA").status == 400
    assert system.gets(f"/{kind}?label=x").status == 422


@pytest.mark.parametrize("kind", ["pools", "templates"])
def test_wrong_bodies_are_refused_by_their_fields(system, kind):
    made = writes(system, "POST", f"/{kind}", {"label": "Nurses"} if kind == "pools" else WORDS)
    shared = {"label": ["", " ", 5, None, "x" * 81, "a\0b", "\x1b]0;owned\x07Front", "\u200b", "desk \u202etnorF"]}
    own = {"members": [None, "me", [1], ["me"], [new_id()]], "categories": [None, [""], ["surgery"], [["appointment"]]]}
    others = {"language": ["", "xx", 5],
              "text": ["", " ", "x" * 4001, None, "\x1b[2J", "a\x07b", "Take \u202e05 pills", "\u200b"]}
    for name, values in (shared | (own if kind == "pools" else others)).items():
        for value in values:
            answer = writes(system, "PATCH", f"/{kind}/{made.json['id']}", {name: value}, made.headers["ETag"])
            fields = {each.partition(".")[0] for each in answer.json["errors"]}
            assert answer.status == 422 and fields == {name}, (value, answer.text)
    for body in ({}, {"id": new_id()}, {"version": 1}):
        assert writes(system, "PATCH", f"/{kind}/{made.json['id']}", body, made.headers["ETag"]).status == 422
    assert writes(system, "POST", f"/{kind}", {}).json["errors"]["label"]


def test_a_name_of_one_line_is_a_pools_alone(system):
    assert writes(system, "POST", "/pools", {"label": "Front\nharbour fake"}).status == 422
    front = added(system, "Front desk")
    for twin in ("Front\u200b desk", "\uff26ront\u00a0desk", "front  DESK"):
        assert writes(system, "POST", "/pools", {"label": twin}).status == 409, twin
    ward = added(system, "Ward")
    for twin, status in (("Ward\u2060", 200), ("Front desk\u200e", 409)):
        answer = writes(system, "PATCH", f"/pools/{ward.json['id']}", {"label": twin}, ward.headers["ETag"])
        assert answer.status == status, "its own name it may have; another's not"
        ward = answer if status == 200 else ward
    assert [each["id"] for each in system.gets("/pools").json["items"]] == [front.json["id"], ward.json["id"]]


def test_staff_confirm_who_they_are_before_they_set_pools_and_read_them_without(house):
    maren, ana = house.staff("Maren"), house.staff("Ana")
    house.clock.passes(minutes=10)
    asked = by_session(maren, "POST", "/pools", {"label": "Nurses"})
    assert asked.status == 401 and asked.json["type"].endswith("/problems/step-up-needed")
    assert by_session(maren, "GET", "/pools").json["items"] == []
    maren.steps_up()
    assert by_session(maren, "POST", "/pools", {"label": "Nurses"}).status == 201
    assert by_session(maren, "POST", "/pools", {"label": "Ward"}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert by_session(ana, "GET", "/pools").status == by_session(ana, "POST", "/pools", {"label": "Ward"}).status == 403


def test_everybody_who_answers_reads_ready_replies_and_who_looks_after_them_writes_them(house, system):
    made = writes(system, "POST", "/templates", WORDS)
    maren, ana = house.staff("Maren"), house.staff("Ana")
    assert by_session(ana, "GET", "/templates").json["items"] == [made.json]
    assert by_session(ana, "POST", "/templates", WORDS).status == 403
    late = by_session(maren, "PATCH", f"/templates/{made.json['id']}", {"text": "It is free."}, **{"If-Match": '"1"'})
    assert late.status == 200 and late.json["version"] == 2
    assert [each["text"] for each in ana.opens("templates.json").json["items"]] == ["It is free."], "where they reply, too"


def test_another_clinics_are_as_if_they_were_not_there(house, system):
    stranger = System.of(house, slug=HILL)
    for kind, body in (("pools", {"label": "Nurses"}), ("templates", WORDS)):
        made = writes(system, "POST", f"/{kind}", body)
        assert stranger.gets(f"/{kind}").json["items"] == []
        for id in (made.json["id"], new_id()):
            for method, said in (("GET", b""), ("PATCH", {"label": "Mine"}), ("DELETE", b"")):
                assert writes(stranger, method, f"/{kind}/{id}", said, made.headers["ETag"]).status == 404, (kind, method)
        assert system.gets(f"/{kind}/{made.json['id']}").json == made.json


def test_who_only_reads_them_changes_none(house):
    reader = System.of(house, "pools:read", "templates:read")
    for kind, body in (("pools", {"label": "Nurses"}), ("templates", WORDS)):
        assert reader.gets(f"/{kind}").status == 200
        refused = writes(reader, "POST", f"/{kind}", body)
        assert refused.status == 403 and refused.json["missing_scope"] == f"{kind}:write"


def test_who_stands_in_a_pool_has_a_name_and_who_left_is_told_so(house, system):
    ana, home = house.staff("Ana"), clinic(house.desk, HARBOUR)
    first, rest = system.gets("/people?limit=1").json, system.gets("/people").json["items"]
    assert rest[0] == first["items"][0] and first["next"] and [each["name"] for each in rest] == [
        "Maren Whitlock", "Ana Ruiz", "Tomas Berg"]
    assert rest[1] == {"id": ana.known.id, "name": "Ana Ruiz", "role": "Nurse", "roles": ["staff"], "active": True}
    assert by_session(ana, "GET", "/people").json["items"] == rest, "colleagues know each other"
    people.disable(house.desk, Who("service", home.id), home, people.everyone(house.desk, home.id)[ana.known.id], house.clock())
    left = system.gets("/people").json["items"][1]
    assert (left["id"], left["roles"], left["active"]) == (ana.known.id, [], False)
    assert [each["name"] for each in System.of(house, slug=HILL).gets("/people").json["items"]] == ["Eve Hill"]
    assert System.of(house, "pools:write").gets("/people").json["missing_scope"] == "people:read"
