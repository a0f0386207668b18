"""What a clinic left in our words is read in the visitor's language; what it wrote itself stands as it wrote it."""

from dataclasses import replace

from securemsg.desk import defaults, first_message
from securemsg.desk.clinics import sha256_of
from securemsg.words import LANGUAGES
from tests.clinic import CARD
from tests.people import new_key

TOPICS = tuple((name, str(label), is_open, contact) for name, label, is_open, contact in defaults.CATEGORIES)
TEXTS = {"promise": str(defaults.PROMISE), "emergency_text": str(defaults.EMERGENCY.format(number="112"))}
OURS = replace(CARD, consent=str(defaults.CONSENT), categories=(*TOPICS, ("flu", "Flu jab", True, "none")),
               profile=CARD.profile | TEXTS)


def test_the_card_is_in_the_visitors_language_where_the_words_are_ours(clinic):
    clinic.saves(OURS)
    card = clinic.home.card("de")
    labels = [category["label"] for category in card["categories"]]
    assert labels[0] == "Termin" and labels[-1] == "Flu jab" and "112 an" in card["emergency"]["text"]
    assert card["promise"] == defaults.PROMISE.to("de") and card["name"] == CARD.profile["name"]
    assert clinic.home.card()["promise"] == defaults.PROMISE == clinic.home.card("en")["promise"]


def test_the_consent_that_was_read_is_the_one_that_is_stored(clinic):
    clinic.saves(OURS)
    shown = clinic.home.card("ar")["consent"]
    assert shown["locale"] == "ar" and shown["text"] == defaults.CONSENT.to("ar")
    leo = clinic.visitor()
    leo.opens("سؤال", consent=shown["sha256"])
    [given] = clinic.rows("consents")
    assert (given.locale, given.text_sha256) == ("ar", sha256_of(shown["text"]))
    ana = clinic.hires()
    consent = ana.opens(leo).consent
    assert consent and (consent.text, consent.locale) == (shown["text"], "ar"), "staff see what was agreed to"


def test_a_text_of_the_clinics_own_is_shown_to_everybody_and_takes_the_place_of_ours(clinic):
    clinic.saves(OURS)
    earlier = clinic.home.card("ar")["consent"]["sha256"]
    clinic.saves(OURS, consent="Our own notice.")
    assert {clinic.home.card(code)["consent"]["text"] for code in LANGUAGES} == {"Our own notice."}
    clinic.visitor().opens("Read before it was changed.", consent=earlier)
    clinic.saves(OURS)
    assert clinic.home.card("ar")["consent"]["version"] == 4 and clinic.home.card("ar")["consent"]["locale"] == "ar"


def test_versions_are_added_and_never_changed(clinic):
    clinic.saves(OURS)
    before = clinic.rows("wordings")
    clinic.saves(OURS)
    assert clinic.rows("wordings") == before and len(before) == 1 + len(LANGUAGES)


def test_a_language_that_was_added_to_the_program_comes_with_the_next_save(clinic):
    clinic.saves(OURS)
    clinic.sql("DELETE FROM wordings WHERE language = 'ur'")
    assert clinic.home.card("ur")["consent"]["locale"] == "en"
    clinic.saves(OURS)
    assert clinic.home.card("ur")["consent"]["locale"] == "ur"


def test_the_visitors_language_is_kept(clinic):
    leo, now = clinic.visitor(), clinic.clock.tick()
    first_message.open(clinic.desk, clinic.home, replace(leo.opening("Hola"), language="es"), new_key(), None, now)
    assert [row.language for row in clinic.rows("conversations")] == ["es"]
