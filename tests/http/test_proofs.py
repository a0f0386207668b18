"""Proof of work: who comes from a hot address goes on by computing a moment, once for each request, up to a wall."""

from dataclasses import replace

import pytest

from securemsg.http import limits, proofs
from securemsg.http.budgets import rule
from tests.http.forms import fields
from tests.http.house import HARBOUR, HILL
from tests.http.people import new_key, sitting_at
from tests.work import solution

pytestmark = pytest.mark.usefixtures("later")
EASY = ((0.5, 6), (1.0, 8))


@pytest.fixture(autouse=True)
def easy(monkeypatch):
    """Fewer zero bits: what is tested here is the counting."""
    monkeypatch.setattr(proofs, "DIFFICULTY", EASY)


@pytest.fixture
def leo(house):
    """Somebody whose address has used up its openings of this minute."""
    visitor = house.visitor()
    for _ in range(5):
        assert visitor.opens().status == 201
    return visitor


def opens(visitor, proof: str = "", key: str = "", **changes):
    headers = {"Idempotency-Key": key or new_key()} | ({"Securemsg-Proof": proof} if proof else {})
    return visitor.browser.ask("POST", f"/v1/clinics/{visitor.clinic}/conversations", visitor.opening(**changes), headers)


def asked(visitor) -> dict:
    """The challenge a hot address gets."""
    return opens(visitor).json["proof"]


def solved(visitor) -> str:
    challenge = asked(visitor)
    return solution(challenge["challenge"], challenge["bits"])


def test_who_is_refused_is_told_what_would_help(leo):
    refused = opens(leo)
    assert (refused.status, refused.headers["Content-Type"]) == (429, "application/problem+json")
    assert refused.json["type"].endswith("proof-needed") and int(refused.headers["Retry-After"]) > 0
    assert "other people may share it" in refused.json["detail"] and "+1 902 555 0142" in refused.json["detail"]
    proof = refused.json["proof"]
    assert set(proof) == {"algorithm", "challenge", "bits", "expires_at"}
    assert (proof["algorithm"], proof["bits"]) == ("SHA-256", 6)
    assert proof["expires_at"].endswith("Z") and refused.json["violated-policies"] == ["open-address-minute"]


def test_a_proof_opens_the_door_once(leo):
    proof = solved(leo)
    assert opens(leo, proof).status == 201
    again = opens(leo, proof)
    assert again.status == 429 and again.json["proof"]["challenge"] not in proof, "a fresh challenge"


def test_the_same_request_sent_again_passes_and_costs_nothing_more(leo):
    proof, key = solved(leo), new_key()
    first = opens(leo, proof, key)
    repeats = [opens(leo, proof, key) for _ in range(5)]
    assert [answer.status for answer in (first, *repeats)] == [201] * 6
    assert {answer.json["conversation"]["id"] for answer in repeats} == {first.json["conversation"]["id"]}
    assert '"open-address-minute-proven";r=59;' in " ".join(first.headers.getlist("RateLimit"))
    assert opens(leo, proof, key).status == 429, "but it is no free ticket"
    assert '"open-address-minute-proven";r=58;' in " ".join(opens(leo, solved(leo)).headers.getlist("RateLimit"))


@pytest.mark.parametrize("bad", ["x", "6.9999999999.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA.0", "é", "1" * 4000])
def test_a_wrong_proof_gets_a_fresh_challenge(leo, bad):
    refused = opens(leo, bad.encode().decode("latin-1"))
    assert refused.status == 429 and refused.json["proof"]["challenge"]


def test_a_proof_is_no_better_five_minutes_later(leo, later):
    proof = solved(leo)
    later(301)
    for _ in range(5):
        opens(leo)
    assert opens(leo, proof).status == 429


def test_a_proof_counts_for_its_address_clinic_and_act_only(house, leo):
    proof = solved(leo)
    others = [house.visitor(HILL, leo.browser.address), house.visitor()]
    for other in others:
        for _ in range(5):
            opens(other)
        assert opens(other, proof).status == 429
    assert opens(leo, proof).status == 201, "and was not used up by them"


def test_a_phone_may_change_its_address_inside_its_network(house):
    leo = house.visitor(address="2001:db8:1:2::1")
    for _ in range(5):
        opens(leo)
    proof = solved(leo)
    leo.browser.address = "2001:db8:1:2:aaaa::7"
    assert opens(leo, proof).status == 201


def test_who_has_room_needs_no_proof_and_uses_none_up(house, leo, later):
    proof = solved(leo)
    later(60)
    assert opens(leo, proof).status == 201
    for _ in range(4):
        opens(leo)
    assert opens(leo, proof).status == 201


def test_behind_the_proofs_stands_a_wall(leo):
    for number in range(60):
        assert opens(leo, solved(leo)).status == 201, number
    walled = opens(leo)
    assert walled.status == 429 and walled.json["type"].endswith("limited") and "proof" not in walled.json
    assert walled.json["violated-policies"] == ["open-address-minute-proven"]


def test_the_puzzle_gets_harder_as_the_second_budget_is_used_up(leo, monkeypatch):
    assert asked(leo)["bits"] == 6
    for _ in range(31):
        assert opens(leo, solved(leo)).status == 201
    assert asked(leo)["bits"] == 8
    monkeypatch.undo()
    assert proofs.DIFFICULTY[0][1] >= 16 and [bits for _, bits in proofs.DIFFICULTY] == sorted({b for _, b in proofs.DIFFICULTY})


def test_no_proof_lifts_what_one_session_may_do(leo):
    for _ in range(20):
        assert leo.says("hello").status == 201
    refused = leo.asks("POST", "/messages", {"kind": "text", "data": {"text": "x"}},
                       {"Idempotency-Key": new_key(), "Securemsg-Proof": solved(leo)})
    assert refused.status == 429 and "proof" not in refused.json and refused.json["type"].endswith("limited")


def test_messages_from_a_hot_address_are_let_through_by_proof(house):
    group = [sitting_at(house, "10.8.8.8") for _ in range(7)]
    assert [visitor.says("hello").status for visitor in group[:6] for _ in range(20)] == [201] * 120
    calm = group[6]
    challenge = calm.says("hello").json["proof"]
    sent = calm.asks("POST", "/messages", {"kind": "text", "data": {"text": "hello"}}, {
        "Idempotency-Key": new_key(), "Securemsg-Proof": solution(challenge["challenge"], challenge["bits"])})
    assert sent.status == 201


def test_without_script_one_waits_and_keeps_what_was_typed(leo):
    page = f"/contact/{HARBOUR}"
    form = fields(leo.browser.get(page)) | {"category": "appointment", "about": "me", "text": "typed with care",
                                            "contact": "leo@example.org", "consent": leo.card()["consent"]["sha256"]}
    waits = leo.browser.submit(page, form)
    assert waits.status == 429 and int(waits.headers["Retry-After"]) > 0
    assert "Please try again in" in waits.text and "+1 902 555 0142" in waits.text and "other people may share it" in waits.text
    kept = fields(waits, page)
    assert (kept["text"], kept["key"], kept["contact"]) == ("typed with care", form["key"], "leo@example.org")


def form_of(visitor, **changes: str) -> dict[str, str]:
    return fields(visitor.browser.get(f"/contact/{HARBOUR}")) | {
        "category": "other", "about": "me", "text": "typed with care", "consent": visitor.card()["consent"]["sha256"]} | changes


def by_page(visitor, **changes: str):
    return visitor.browser.submit(f"/contact/{HARBOUR}", form_of(visitor, another="1", **changes))


@pytest.fixture
def hot(house, later):
    """The clinic's openings of this hour are used up, by people from everywhere."""
    for _ in range(300):
        assert house.visitor().opens().status == 201


def test_what_is_empty_or_wrong_uses_up_nothing_of_the_clinics(house, later):
    for minute in range(6):
        for address in range(10):
            mallory = house.visitor(address=f"198.51.100.{address}")
            for _ in range(4):
                refused = mallory.browser.ask("POST", f"/v1/clinics/{HARBOUR}/conversations", {}, {"Idempotency-Key": new_key()})
                assert refused.status == 422
            assert mallory.opens(consent="0" * 64).status == 422, minute
        later(120)
    sent = house.visitor().opens()
    assert sent.status == 201 and '"open-clinic-hour";r=299;t=' in " ".join(sent.headers.getlist("RateLimit"))


@pytest.mark.usefixtures("hot")
def test_a_hot_clinic_has_a_reserve_for_pages_without_script(house):
    leo, mia = house.visitor(), house.visitor()
    assert opens(leo).json["violated-policies"] == ["open-clinic-hour"], "with script one computes"
    assert by_page(leo, text=" ").status == 422
    assert [by_page(leo).status for _ in range(3)] == [303] * 3, "the mistake was free"
    spent = by_page(leo)
    assert spent.status == 429 and fields(spent, f"/contact/{HARBOUR}")["text"] == "typed with care"
    assert by_page(mia).status == 303 and opens(leo, solved(leo)).status == 201


@pytest.mark.usefixtures("hot")
def test_the_reserve_is_not_without_end(house, monkeypatch):
    """It is counted with what is proven: both together have the clinic's second amount."""
    [clinics] = [each for each in limits._RULES["open"] if each.whom == "clinic"]
    few = replace(clinics, proven=rule("few", "clinic", "2 per 1 hour"))
    monkeypatch.setitem(limits._RULES, "open", [few if each is clinics else each for each in limits._RULES["open"]])
    assert by_page(house.visitor()).status == 303
    other = house.visitor()
    assert opens(other, solved(other)).status == 201
    assert by_page(house.visitor()).status == 429
