"""A record holds everything, says so by its hash, and can be put back; who takes it away is on record before."""

import hashlib
import io
import re
import sys
from base64 import b64encode

import pypdf
import pytest

from securemsg.desk import pooling
from securemsg.desk.erasing import certificate, message
from securemsg.desk.exporting import importing, page, pdf, record
from securemsg.errors import Forbidden, Missing, Refused
from tests.desk.test_sending_on import sends, works_in
from tests.plugins.turns import at_work


@pytest.fixture
def compliance(clinic):
    return clinic.hires("Mo Abe", "Compliance", "compliance")


def exported(clinic, id: str, who=None, copy: str = "record") -> dict:
    return record.export(clinic.desk, clinic.home, who or clinic.service, id, copy, clinic.clock.tick())


def told(found: dict) -> dict:
    """What a record says, without whose it is and when it was made."""
    return {name: value for name, value in found.items() if name not in ("clinic", "exported_at", "sha256")}


def test_a_record_put_back_into_an_empty_clinic_says_the_same(clinic, busy, other_clinic):
    at_work(clinic, clinic.service, busy.visitor.conversation, "again")
    first = exported(clinic, busy.visitor.conversation)
    assert first["messages"] and first["notes"] and first["openings"] and first["kept"] and first["visitor"]["contact"]
    id = importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, first, clinic.clock.tick())
    again = exported(other_clinic, id)
    assert told(again) == told(first)
    assert again["clinic"]["slug"] == "oak" and again["sha256"] == record.digest(again) != first["sha256"]
    reader = other_clinic.hires("Bo Li")
    assert reader.reads(id) == busy.staff.reads(busy.visitor)
    reader.replies("We go on here.")
    assert reader.opens(id).messages[-1].data["text"] == "We go on here."


def test_what_was_removed_is_removed_in_the_copy_too(clinic, visitor, other_clinic):
    visitor.opens("One.", name="Leo")
    visitor.says("Two.")
    message.erase(clinic.desk, clinic.service, visitor.conversation, visitor.messages()[1].id, "asked for", clinic.clock.tick())
    first = exported(clinic, visitor.conversation)
    assert [(each["state"], each["data"]) for each in first["messages"]] == [("verified", {"text": "One."}), ("removed", {})]
    since = clinic.clock.tick()
    id = importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, first, clinic.clock.tick())
    assert told(exported(other_clinic, id)) == told(first)
    counted = certificate.certificate(clinic.desk, other_clinic.home, since, clinic.clock.tick(), clinic.clock.tick())
    assert counted["erased"]["messages"] == counted["not_vouched_for"] == 0, "it was not erased here"
    with pytest.raises(Missing):
        message.erase(clinic.desk, other_clinic.service, id, first["messages"][1]["id"], "once more", clinic.clock.tick())


def front_desk_and_billing(clinic):
    """Who works in each: topics go to the front desk, nothing to billing by itself."""
    for name in ("front-desk", "billing"):
        pooling.add(clinic.desk, clinic.service, clinic.home, name, name.capitalize(), clinic.clock.tick())
    for category in ("appointment", "other"):
        pooling.route(clinic.desk, clinic.service, clinic.home, category, "front-desk", clinic.clock.tick())
    return works_in(clinic, "Fran Oh", "front_desk", "front-desk"), works_in(clinic, "Bill Lind", "billing", "billing")


def test_what_was_sent_to_a_pool_is_there_again_and_without_that_pool_nowhere(clinic, visitor, other_clinic):
    fran, bill = front_desk_and_billing(clinic)
    visitor.opens("A question about my bill")
    assert exported(clinic, visitor.conversation)["conversation"]["pool"] is None
    sends(fran, visitor, "billing")
    found = exported(clinic, visitor.conversation)
    assert found["conversation"]["pool"] == "billing"
    assert "pool" not in exported(clinic, visitor.conversation, copy="patient")["conversation"]
    with pytest.raises(Refused, match="sent to the pool billing"):
        importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found, clinic.clock.tick())
    assert not other_clinic.rows("conversations")
    fran, bill = front_desk_and_billing(other_clinic)
    importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found, clinic.clock.tick())
    assert told(exported(other_clinic, visitor.conversation)) == told(found)
    assert fran.inbox() == [] and bill.inbox() == [visitor.conversation] and bill.reads(visitor)[-1] == "A question about my bill"


def test_a_record_from_before_goes_by_its_topic(clinic, visitor, other_clinic):
    visitor.opens("Hello?")
    found = exported(clinic, visitor.conversation)
    del found["conversation"]["pool"]
    importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found | {"sha256": record.digest(found)},
                       clinic.clock.tick())
    assert other_clinic.rows("conversations")[0].pool_id is None


def test_a_pool_that_nobody_vouches_for_is_not_exported(clinic, visitor):
    front_desk_and_billing(clinic)
    visitor.opens("Hello?")
    clinic.sql("UPDATE conversations SET pool_id = :id", id=clinic.rows("pools", name="billing")[0].id)
    assert exported(clinic, visitor.conversation)["conversation"]["pool"] is None


def test_the_patients_copy_has_no_notes_and_nothing_of_plugins(clinic, busy):
    copy = exported(clinic, busy.visitor.conversation, copy="patient")
    assert not copy["notes"] and not copy["kept"] and copy["messages"]
    with pytest.raises(Refused, match="patient's copy"):
        importing.put_back(clinic.desk, clinic.home, clinic.service, copy, clinic.clock.tick())


def test_who_takes_it_away_is_on_record_and_only_compliance_may(clinic, visitor, staff, compliance):
    visitor.opens("Is the flu jab free?")
    for who in (staff.who, clinic.hires("Di Wu", None, "owner").who):
        with pytest.raises(Forbidden):
            exported(clinic, visitor.conversation, who)
    exported(clinic, visitor.conversation, compliance.who)
    row = clinic.rows("audit", action="conversation.exported")[-1]
    assert row.actor_id == compliance.who.id and row.object_id == visitor.conversation and '"messages","1-1"' in row.objects


@pytest.mark.parametrize("change", [
    lambda found: found["messages"][0]["data"].update(text="Other words."), lambda found: found.pop("notes"),
    lambda found: found.update(version=9), lambda found: found.update(sha256=None)])
def test_a_record_that_was_changed_is_not_put_back(clinic, visitor, other_clinic, change):
    visitor.opens("Is the flu jab free?")
    found = exported(clinic, visitor.conversation)
    change(found)
    with pytest.raises(Refused, match="Nothing was imported"):
        importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found, clinic.clock.tick())
    assert not other_clinic.rows("conversations")


def test_what_is_there_is_not_put_back_twice(clinic, visitor):
    visitor.opens("Is the flu jab free?")
    with pytest.raises(Refused, match="already"):
        importing.put_back(clinic.desk, clinic.home, clinic.service, exported(clinic, visitor.conversation), clinic.clock.tick())


WRITERS = {"Arabic": "ليلى حدّاد", "Hindi": "प्रिया शर्मा", "Chinese": "王小明", "Russian": "Мария"}


def told_to(clinic, staff) -> dict:
    """A record in which people of many languages write, with what would be markup."""
    visitor = clinic.visitor()
    visitor.opens("<script>alert(1)</script> & more", name=WRITERS["Arabic"])
    for name in WRITERS.values():
        visitor.says(f"{name}: 12:30 → {name}")
    staff.opens(visitor)
    staff.replies("Line one.\nLine two.")
    staff.notes("For us alone.")
    return exported(clinic, visitor.conversation)


def test_the_transcript_is_one_page_that_needs_nothing_and_runs_nothing(clinic, staff):
    found = told_to(clinic, staff)
    text = page.html(found)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text and "<script" not in text
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", text), "nothing is fetched"
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    sha256 = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{sha256}&#39;" in text
    assert all(f'dir="auto">{name}' in text for name in WRITERS.values())
    assert found["sha256"] in text and "Europe/Berlin" in text and " 13:00:" in text and " +01:00" in text
    assert "Record, with the notes of staff" in text and "For us alone." in text


def test_a_pdf_has_numbered_pages_and_the_letters_of_each_language(clinic, staff):
    found = told_to(clinic, staff)
    made = pypdf.PdfReader(io.BytesIO(pdf.pdf(found)))
    text = "\n".join(each.extract_text() for each in made.pages)
    assert f"Page 1 of {len(made.pages)}" in text and found["sha256"] in text.replace("\n", "") and "Europe/Berlin" in text
    fonts = {str(font.get_object()["/BaseFont"]) for each in made.pages for font in each["/Resources"]["/Font"].values()}
    for script in ("Arab", "Devanagari", "CJK"):
        assert any(script in font for font in fonts), (script, fonts)
    assert WRITERS["Chinese"] in text and WRITERS["Russian"] in text


def test_without_the_library_a_sentence_says_what_to_install(clinic, visitor, monkeypatch):
    visitor.opens("Hello?")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Refused, match="WeasyPrint"):
        pdf.pdf(exported(clinic, visitor.conversation))
