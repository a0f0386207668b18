"""Who gets in at the API, and how it is answered to who does not: tokens, staff by their sessions, strangers, guesses."""

import pytest

from securemsg.desk import people
from securemsg.desk.access import SCOPES, Who
from securemsg.desk.clinics import clinic
from securemsg.desk.system import tokens
from securemsg.store.ids import new_id
from tests.http.house import HARBOUR, HILL
from tests.http.people import Staff, new_key
from tests.http.systems import System, arrived

SESSION = {"Securemsg-Clinic": HARBOUR}


def by_session(staff: Staff, path: str, **headers: str):
    return staff.browser.ask("GET", f"/api/v1{path}", headers=SESSION | headers)


def test_a_token_opens_its_clinic_and_no_other(house):
    arrived(house)
    mine, theirs = System.of(house), System.of(house, slug=HILL)
    assert len(mine.lists()) == 1 and theirs.lists() == []
    [home] = mine.gets("/clinics").json["items"]
    [other] = theirs.gets("/clinics").json["items"]
    assert (home["slug"], other["slug"]) == (HARBOUR, HILL)
    assert mine.gets(f"/clinics/{home['id']}").json == home
    assert mine.gets(f"/clinics/{other['id']}").json["status"] == mine.gets(f"/clinics/{new_id()}").json["status"] == 404


@pytest.mark.parametrize("credentials", [
    {}, {"Authorization": "Basic bWFyZW46cGFzcw=="}, {"Authorization": "Bearer"}, {"Authorization": "Bearer smv_harbour-lane_x"},
    {"Authorization": f"Bearer sm_live_{HARBOUR}_{'0' * 32}_{'A' * 43}"}, {"Securemsg-Clinic": HARBOUR},
    {"Securemsg-Clinic": "nowhere"}, {"Securemsg-Clinic": "../etc"}, {"Authorization": "Bearer x", "Securemsg-Clinic": HARBOUR}])
def test_strangers_are_told_what_is_needed_and_nothing_else(house, credentials):
    answers = [house.browser().ask("GET", path, headers=credentials)
               for path in ("/api/v1/conversations", f"/api/v1/conversations/{new_id()}")]
    for answer in answers:
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == 'Bearer realm="securemsg"'
        assert answer.headers["Content-Type"] == "application/problem+json" and answer.headers["Cache-Control"] == "no-store"
    assert answers[0].json["detail"] == answers[1].json["detail"]


def test_a_revoked_token_and_one_with_another_secret_look_like_none(house):
    system = System.of(house)
    home = clinic(house.desk, HARBOUR)
    told = System(house.browser(), system.token[:-4] + "AAAA").gets("/clinics")
    tokens.revoke(house.desk, Who("service", home.id), home, system.id, house.clock())
    for answer in (told, system.gets("/clinics"), System(house.browser(), "sm_live_x").gets("/clinics")):
        assert answer.status == 401 and answer.json["detail"] == "This token is not known here or has ended."


def test_a_visitors_token_and_cookie_are_nothing_here(house):
    leo = arrived(house, wish="cookie")
    mia = arrived(house)
    assert mia.browser.ask("GET", "/api/v1/conversations", headers=mia.credentials()).status == 401
    assert leo.browser.ask("GET", "/api/v1/conversations", headers=SESSION).status == 401


def test_staff_come_in_by_their_session_when_they_name_the_clinic(house):
    leo, ana = arrived(house), house.staff("Ana")
    assert by_session(ana, "/conversations").json["items"][0]["id"] == leo.conversation
    assert ana.browser.ask("GET", "/api/v1/conversations").status == 401, "no page of another site can name it"
    assert by_session(ana, "/conversations", **{"Securemsg-Clinic": HILL}).status == 401
    [item] = by_session(ana, f"/conversations/{leo.conversation}/messages").json["items"]
    assert item["data"]["text"] == "Is the flu jab free?"


def test_who_only_listens_is_nobody_at_work(house):
    ana = house.staff("Ana")

    def idle_until() -> int:
        sql = "SELECT idle_until FROM staff_sessions WHERE person_id = :id AND stage = 'signed_in'"
        return house.desk.database.read(lambda tx: tx.everywhere.one(sql, id=ana.known.id)).idle_until

    before = idle_until()
    house.clock.passes(minutes=5)
    assert ana.browser.ask("HEAD", "/api/v1/events", headers=SESSION | {"Accept": "text/event-stream"}).status == 200
    assert idle_until() == before
    assert by_session(ana, "/conversations").status == 200 and idle_until() > before


def test_staff_write_from_our_own_pages_only(house):
    leo, ana = arrived(house), house.staff("Ana")
    path, body = f"/api/v1/conversations/{leo.conversation}/messages", {"kind": "text", "data": {"text": "Yes."}, "seen": 1}
    for site, status in (("cross-site", 403), ("same-site", 403), ("", 403), ("same-origin", 201)):
        told = SESSION | {"Idempotency-Key": new_key()} | ({"Sec-Fetch-Site": site} if site else {})
        assert ana.browser.ask("POST", path, body, told).status == status, site
    assert leo.items()[1]["author"] == {"kind": "staff", "name": "Ana Ruiz", "role": "Nurse"}


def test_roles_allow_over_the_api_what_they_allow_on_the_page(house):
    leo, ana, maren = arrived(house), house.staff("Ana"), house.staff("Maren")
    assert by_session(ana, "/audit-events").status == 403 and "missing_scope" not in by_session(ana, "/audit-events").json
    assert by_session(maren, "/audit-events").status == 200, "the owner reads the audit log"
    home = clinic(house.desk, HARBOUR)
    for role, reads, audits in (("auditor", 403, 200), ("staff", 200, 403)):
        house.desk.database.write(lambda tx, role=role: (
            tx.everywhere.run("DELETE FROM person_roles WHERE person_id = :id", id=ana.known.id),
            tx.insert("person_roles", clinic_id=home.id, person_id=ana.known.id, role=role,
                      mac=house.desk.vouch("person_roles", home.id, ana.known.id, role))))
        house.desk.known_people.clear()
        assert by_session(ana, f"/conversations/{leo.conversation}").status == reads
        assert by_session(ana, "/audit-events").status == audits
    assert people.everyone(house.desk, home.id)[ana.known.id].roles == {"staff"}


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "webhooks:write"])  # that is a plugin's
def test_a_missing_scope_is_named_and_its_use_is_on_record_once(house, scope):
    leo = arrived(house)
    system = System.of(house, next(other for other in SCOPES if not SCOPES[scope] <= SCOPES[other]))
    here = f"/conversations/{leo.conversation}"
    calls = {"clinics:read": ("GET", "/clinics"), "conversations:read": ("GET", "/conversations"),
             "conversations:write": ("PATCH", here), "messages:read": ("GET", f"{here}/messages"),
             "messages:write": ("POST", f"{here}/messages"), "notes:read": ("GET", f"{here}/notes"),
             "notes:write": ("POST", f"{here}/notes"), "audit:read": ("GET", "/audit-events"), "events:read": ("GET", "/events"),
             "people:read": ("GET", "/people"), "pools:read": ("GET", "/pools"), "pools:write": ("POST", "/pools"),
             "templates:read": ("GET", "/templates"), "templates:write": ("POST", "/templates")}
    for _ in range(3):
        answer = system.asks(*calls[scope], {})
        assert answer.status == 403 and answer.json["missing_scope"] == scope and scope in answer.json["detail"]
    count = "SELECT count(*) AS n FROM audit WHERE action = 'token.refused' AND actor_id = :id AND outcome = 'refused'"
    assert house.desk.database.read(lambda tx: tx.everywhere.one(count, id=system.id)).n == 1


def test_guesses_are_limited_for_strangers_and_for_who_holds_a_token(house):
    stranger = house.browser()
    seen = [stranger.ask("GET", "/api/v1/conversations", headers={"Authorization": "Bearer sm_live_x"}).status for _ in range(31)]
    assert seen == [401] * 30 + [429]
    system = System.of(house)
    asked = [system.gets(f"/conversations/{new_id()}") for _ in range(31)]
    assert [answer.status for answer in asked] == [404] * 30 + [429] and asked[-1].headers["Retry-After"]
    assert system.gets("/conversations").status == 200, "what is there is still there"
    beside = house.visitor()
    beside.browser.address, beside.token = system.browser.address, f"smv_{HARBOUR}_{'A' * 43}"
    assert beside.asks("GET").status == 401, "a visitor behind the same address waits for no program"


def test_a_token_has_a_budget_of_its_own_that_headers_tell(house):
    first, second = System.of(house), System.of(house)
    answer = first.gets("/conversations")
    assert answer.headers["RateLimit-Policy"] == '"api-session-minute";q=600;w=60'
    told = [system.gets("/clinics").headers["RateLimit"] for system in (first, first, second)]
    left = [int(each.partition("r=")[2].partition(";")[0]) for each in told]
    assert left[0] - left[1] == 1 and left[2] > left[1]
