"""The owner's page: what a clinic says of itself, checked, and never overwritten unseen."""

import hashlib
from dataclasses import replace

import pytest

from securemsg.desk import clinics, owner
from securemsg.desk.clinics import clinic as one_clinic
from securemsg.errors import Conflict, Refused, Unverified
from tests.clinic import CARD, PROFILE


@pytest.mark.parametrize(("typed", "kept"), [
    ("https://www.elm.example", "https://www.elm.example"),
    (" https://WWW.Elm.Example/ ", "https://www.elm.example"),
    ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ("https://elm.example:8443", "https://elm.example:8443"),
])
def test_origins_are_kept_in_exact_form(typed, kept):
    assert owner.checked(replace(CARD, origins=(typed, kept))).origins == (kept,)


@pytest.mark.parametrize("typed", [
    "www.elm.example", "ftp://elm.example", "https://elm.example/page", "https://elm.example?x=1", "https://elm.example#x",
    "https://user@elm.example", "https://user:word@elm.example", "https://*.elm.example", "https://elm.example; script-src *",
    "https://elm.example https://evil.example", "https://elm.example\r\nX-Evil: 1", "https://", "https://elm.example:99999",
    "javascript:alert(1)", "null", "*", "", "https://[::1", "https://elm.example\\@evil.example", "https://-elm",
])
def test_what_is_no_origin_is_refused(typed):
    with pytest.raises(Refused) as refusal:
        owner.checked(replace(CARD, origins=("https://www.elm.example", typed)))
    assert list(refusal.value.errors) == ["origins"] and len(refusal.value.errors["origins"]) == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"profile": PROFILE | {"name": "  "}}, "name"),
    ({"emergency_number": "call mum"}, "emergency_number"),
    ({"emergency_number": ""}, "emergency_number"),
    ({"consent": " \n "}, "consent_text"),
    ({"color": "red"}, "theme_color"),
    ({"color": "#0b6e6e;}"}, "theme_color"),
    ({"color": "#ffff00"}, "theme_color"),
    ({"color": "#eeeeee"}, "theme_color"),
    ({"categories": (("other", " ", True, "none"),)}, "category-other-label"),
    ({"categories": (("other", "Other", True, "maybe"),)}, "category-other-contact"),
])
def test_a_fault_is_told_at_its_field(change, field):
    with pytest.raises(Refused) as refusal:
        owner.checked(replace(CARD, **change))
    assert list(refusal.value.errors) == [field]


def test_with_a_fault_nothing_is_saved(clinic):
    before, rows = clinic.home, clinic.rows("audit")
    with pytest.raises(Refused) as refusal:
        clinic.saves(color="red", emergency_number="911", origins=("*",))
    assert list(refusal.value.errors) == ["theme_color", "origins"]
    clinics.forget(clinic.desk, "elm")
    assert clinic.home == before and clinic.rows("audit") == rows


@pytest.mark.parametrize("color", ["#0b6e6e", "#000000", "#0F5C6E", "#767676"])
def test_a_readable_colour_is_taken(color):
    assert owner.checked(replace(CARD, color=color)).color == color.lower()


def test_who_saves_over_anothers_change_is_told(clinic):
    shown = clinic.home.version
    clinic.saves(emergency_number="911", version=shown)
    with pytest.raises(Conflict):
        clinic.saves(emergency_number="999", version=shown)
    assert clinic.home.emergency_number == "911"
    clinic.saves(emergency_number="999")
    assert clinic.home.emergency_number == "999"


def test_a_category_taken_away_stays_with_its_conversations_and_can_come_back(clinic, visitor, staff):
    visitor.says("Hello?")
    clinic.saves(categories=CARD.categories[:1])
    assert [row["id"] for row in clinic.home.card()["categories"]] == ["appointment"]
    assert visitor.reads() == ["Hello?"]
    assert clinic.home.category_by_id(clinic.rows("conversations")[0].category_id).name == "other"
    with pytest.raises(Refused):
        clinic.visitor().says("Hello?")
    clinic.saves(categories=(("other", "Anything else", True, "none"), *CARD.categories[:1]))
    assert [(row["id"], row["label"]) for row in clinic.home.card()["categories"]] == [
        ("other", "Anything else"), ("appointment", "Appointment")]
    clinic.visitor().says("Hello?")
    assert len(clinic.rows("categories")) == 2, "the same category came back, not another of its name"


def test_versions_of_the_notice_are_only_added(clinic):
    for text in ("Second notice.", "Second notice.", "Third\r\nnotice. ", CARD.consent):
        clinic.saves(consent=text)
    versions = clinic.home.consents
    texts = {4: CARD.consent, 3: "Third\nnotice.", 2: "Second notice.", 1: CARD.consent}
    assert [(wording.version, wording.text) for wording in versions] == list(texts.items())
    assert all(w.sha256 == hashlib.sha256(w.text.encode()).hexdigest() for w in versions)
    assert clinic.home.card()["consent"] == {"text": CARD.consent, "sha256": versions[0].sha256, "version": 4, "locale": "en"}


def test_words_that_are_not_those_of_the_hash_are_shown_to_nobody(clinic):
    clinic.saves(consent="Second notice.")
    slug = clinic.home.slug
    clinic.sql("UPDATE wordings SET body = 'You agree that we sell your data.' WHERE version = 1")
    clinics.forget(clinic.desk, slug)
    assert [wording.text for wording in clinic.home.consents] == ["Second notice."], "an older one can no longer be agreed to"
    clinic.sql("UPDATE wordings SET body = 'You agree that we sell your data.' WHERE version = 2")
    clinics.forget(clinic.desk, slug)
    with pytest.raises(Unverified, match="could not be verified"):
        one_clinic(clinic.desk, slug)


def test_a_change_is_seen_at_once_here_and_soon_in_other_processes(clinic, monkeypatch):
    clinic.saves(emergency_number="911")
    assert clinic.home.emergency_number == "911"
    clinic.sql("UPDATE clinics SET emergency_number = '999'")  # as another process does
    assert clinic.home.emergency_number == "911"
    later = clinics.time.monotonic() + clinics._FRESH_SECONDS
    monkeypatch.setattr(clinics.time, "monotonic", lambda: later)
    assert clinic.home.emergency_number == "999"


def test_between_two_changes_the_clinic_is_read_once(clinic, monkeypatch):
    home, reads = clinic.home, []
    monkeypatch.setattr(clinic.desk.database, "read", lambda fn: reads.append(fn))
    assert one_clinic(clinic.desk, "elm") is home and not reads
