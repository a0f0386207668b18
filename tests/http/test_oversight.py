"""The pages of who watches over a clinic, and the page that opens a conversation in an emergency."""

import html

import pytest

from securemsg.desk import people, pooling
from securemsg.desk.access import Who
from securemsg.desk.audit import accepting
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.clinics import clinic
from tests.http.house import HARBOUR, House, _enrolled
from tests.http.people import Staff
from tests.http.systems import System

REASON = "She collapsed at the front desk and names her drugs there."


def hired(house: House, name: str, *roles: str) -> Staff:
    """Somebody who works at the clinic from now on."""
    known = _enrolled(house.desk, HARBOUR, f"{name.split()[0].lower()}@harbour-lane.example", name, "", roles)
    return Staff.signed_in(house.browser(), known)


@pytest.fixture
def cara(house) -> Staff:
    return hired(house, "Cara Lin", "compliance")


@pytest.fixture
def billed(house):
    """A visitor with a question about a bill, in Tomas's pool, where none of the others is; with its reference."""
    home, service = clinic(house.desk, HARBOUR), Who("service", clinic(house.desk, HARBOUR).id)
    pooling.add(house.desk, service, home, "bills", "Bills", house.clock())
    pooling.route(house.desk, service, home, "appointment", "bills", house.clock())
    tomas = people.everyone(house.desk, home.id)[house.staff("Tomas").known.id]
    pooling.put_members(house.desk, service, home, tomas, ("bills",), house.clock())
    visitor = house.visitor()
    opened = visitor.opens("What is this bill for?")
    return visitor, opened.json["conversation"]["reference"]


def breaks(staff: Staff, reference: str, **changes: str):
    form = {"key": "k" * 32, "me": staff.known.id, "reference": reference, "reason": REASON, "purpose": "ETREAT"} | changes
    return staff.browser.submit(staff.path("emergency-access"), form)


def test_a_nurse_opens_a_conversation_of_another_pool_and_it_says_so(house, billed, cara):
    visitor, reference = billed
    ana = house.staff("Ana")
    assert ana.opens(f"conversations/{visitor.conversation}").status == 404
    assert "emergency-access" in ana.opens("search").text
    answer = breaks(ana, reference.lower())
    assert answer.status == 303 and visitor.conversation in answer.headers["Location"]
    page = ana.opens(f"conversations/{visitor.conversation}")
    assert page.status == 200 and 'id="glass"' in page.text and "What is this bill for?" in page.text
    seen = cara.opens("audit/?view=glass")
    assert "Ana Ruiz" in seen.text and REASON in seen.text and reference in seen.text and "What is this bill" not in seen.text
    id = seen.text.partition('id="g-')[2][:36]
    done = cara.browser.submit(cara.path(f"audit/glass/{id}"), {"key": "k" * 32, "me": cara.known.id, "note": "Right so."})
    assert done.status == 303 and "Nothing to look into" in cara.opens("audit/?view=glass").text


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"reason": "now"}, "why you need to see"), ({"purpose": "FUN"}, "Please choose what it is for"),
    ({"reference": "ZZ-9999"}, "no conversation with this"), ({"reference": "a\0b"}, "no conversation with this"),
    ({"me": "0192f0a0-0000-7000-8000-000000000000"}, "signed in as")])
def test_what_cannot_be_comes_again_with_what_was_typed(house, billed, changes, sentence):
    answer = breaks(house.staff("Ana"), **({"reference": billed[1]} | changes))
    assert answer.status in (409, 422) and sentence in answer.text and (changes.get("reason") or REASON) in answer.text


def test_without_pools_nobody_is_in_the_way_of_compliance_but_a_reason(house, cara):
    visitor = house.visitor()
    reference = visitor.opens("Is the flu jab free?").json["conversation"]["reference"]
    assert cara.opens(f"conversations/{visitor.conversation}").status == 403
    assert breaks(cara, reference, purpose="HOPERAT").status == 303
    page = cara.opens(f"conversations/{visitor.conversation}")
    assert page.status == 200 and "Is the flu jab free?" in page.text
    assert 'id="reply"' not in page.text and 'id="note"' not in page.text and 'id="act-claim"' not in page.text


def test_the_log_is_found_by_person_and_by_conversation(house, cara):
    visitor, ana = house.visitor(), house.staff("Ana")
    reference = visitor.opens("Is the flu jab free?").json["conversation"]["reference"]
    ana.opens(f"conversations/{visitor.conversation}")
    by_person = cara.opens(f"audit/?person={ana.known.id}").text
    assert "Ana Ruiz" in by_person and "read the conversation" in by_person and reference in by_person
    by_reference = cara.opens(f"audit/?reference={reference.lower()}").text
    assert "started the conversation" in by_reference and "Ana Ruiz" in by_reference
    assert "flu jab" not in by_person + by_reference
    for path in ("audit/?reference=ZZ-9999", "audit/?person=x", "audit/?action=%00", "audit/?reference=%00"):
        answer = cara.opens(path)
        assert answer.status == 200 and 'class="alert"' in answer.text, path
    assert cara.opens("audit/?view=x").status == 400


def test_every_view_is_there_and_the_bar_leads_to_it_who_may(house, cara):
    for view in ("log", "unusual", "sample", "glass"):
        assert cara.opens(f"audit/?view={view}").status == 200
    assert cara.path("audit/") in cara.opens("audit/").text
    ana = house.staff("Ana")
    assert ana.opens("audit/").status == 403 and "audit/" not in ana.opens().text


@pytest.mark.parametrize("role", ["compliance", "auditor"])
def test_who_has_no_inbox_begins_at_the_audit_log(house, role):
    somebody = hired(house, "Ida Ray", role)
    home = somebody.path("audit/")
    begun = somebody.opens("")
    assert begun.status == 303 and begun.location.endswith(home), "where the sign-in leads"
    page = somebody.opens("audit/").text
    assert f'class="brand" href="{home}"' in page and ("data-events" in page) == (role == "compliance")
    assert f'href="{home}">Cancel' in somebody.opens("step-up?next=x").text
    ana = house.staff("Ana").opens("").text
    assert f'class="brand" href="{somebody.path("")}"' in ana and "data-events" in ana


def test_the_file_is_as_the_page(house, cara):
    visitor, ana = house.visitor(), house.staff("Ana")
    visitor.opens("Hello")
    ana.opens(f"conversations/{visitor.conversation}")
    answer = cara.opens(f"audit/events.csv?person={ana.known.id}")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert "conversation.read" in answer.text and "Ana Ruiz" in answer.text
    assert answer.headers["RateLimit-Policy"] == '"sheet-person-hour";q=60;w=3600', "it is carried away"
    assert "took the log along" in cara.opens(f"audit/?person={cara.known.id}").text


def test_systems_get_the_log_as_fhir(house):
    visitor = house.visitor()
    visitor.opens("Is the flu jab free?")
    house.staff("Ana").opens(f"conversations/{visitor.conversation}")
    system = System.of(house, "audit:read")
    answer = system.gets("/audit-events?limit=2", Accept="application/fhir+json")
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    assert (answer.json["resourceType"], answer.json["type"], len(answer.json["entry"])) == ("Bundle", "searchset", 2)
    assert {each["resource"]["resourceType"] for each in answer.json["entry"]} == {"AuditEvent"}
    [following] = [link["url"] for link in answer.json["link"] if link["relation"] == "next"]
    assert "cursor=" in html.unescape(following)
    plain = system.gets("/audit-events?limit=2")
    assert plain.json["items"] and plain.headers["Content-Type"] == "application/json"


def test_a_break_that_somebody_answered_for_stands_above_every_page(house, cara):
    desk, home = house.desk, clinic(house.desk, HARBOUR)
    sealer = Sealer(desk)
    while sealer.look():
        pass
    desk.database.write(lambda tx: tx.run("UPDATE audit SET outcome = 'other' WHERE clinic_id = :clinic_id AND number = 1",
                                          clinic_id=home.id))
    assert "This log is not as it was written" not in cara.opens("audit/").text
    found = accepting.look(desk, HARBOUR, (), lambda done, total: None)
    accepting.accept(desk, found, "cara@harbour-lane.example", "A table was mended by hand.", house.clock())
    sealer.close()
    for view in ("log", "unusual", "sample", "glass"):
        page = html.unescape(cara.opens(f"audit/?view={view}").text)
        assert "This log is not as it was written" in page and "Cara Lin" in page and "Row 1 was altered." in page, view
    assert "A table was mended by hand." in cara.opens("audit/").text
    desk.database.write(lambda tx: tx.run("UPDATE audit_breaks SET upto_event = upto_event + 1 WHERE clinic_id = :clinic_id",
                                          clinic_id=home.id))
    assert "and this service did not" in cara.opens("audit/").text
