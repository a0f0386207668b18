"""Staff's whole job in each language: sign in, the list, a conversation, an answer, a note, the end; what is refused as well."""

import re
from html import unescape

import pytest

from securemsg.desk import defaults
from securemsg.words import LANGUAGES, say
from securemsg.words.catalogue import translation
from tests.http.house import HARBOUR, PASSWORD
from tests.http.test_languages import english_in
from tests.words.spoken import in_script

OTHERS = [code for code in LANGUAGES if code != "en"]
AREAS = ("conversations/{id}", "conversations/{id}?view=mine", "?view=mine", "?view=closed", "search?q=Flu", "search?q=Nothing",
         "sessions/")


class Speaker:
    """A member of staff whose browser asks for one language, and every page that they have met."""

    def __init__(self, staff, language: str):
        self.staff, self.language, self.pages = staff, language, []
        self.wish = {"Accept-Language": f"{language},en;q=0.2"}

    def opens(self, path: str):
        return self._met(self.staff.opens(path, self.wish))

    def does(self, act: str, id: str, **form: object):
        answer = self.staff.does(act, id, self.wish, **form)
        return self._met(answer) if answer.status != 303 else answer

    def sends(self, path: str, form: dict):
        return self._met(self.staff.browser.submit(self.staff.path(path), form, self.wish))

    def _met(self, page):
        self.pages.append(page)
        return page


@pytest.fixture
def met(house):
    """Plays the whole job in a language, and gives back all pages met on the way."""
    def plays(language: str) -> list:
        leo, ana = house.visitor(), Speaker(house.staff("Ana"), language)
        leo.opens("Flu 1")
        door = Speaker(house.staff("Ana"), language)
        door.staff.browser.jar.clear()
        for path in ("sign-in", "sign-in?out=1", "sign-in?ended=1", "start"):
            door.opens(path)
        assert door.sends("sign-in", {"key": "k" * 20, "email": "b@c.example", "password": PASSWORD, "code": "1"}).status == 422
        assert door.sends("start", {"key": "k" * 20, "secret": "wrong"}).status == 422
        ana.opens("")
        ana.opens(f"conversations/{leo.conversation}")
        assert ana.does("reply", leo.conversation, text=" ").status == 422
        assert ana.does("claim", leo.conversation).status == 303
        assert ana.does("flag", leo.conversation, urgent="1").status == 303
        assert ana.does("reply", leo.conversation, text="Ana 2", seen="2").status == 303
        ana.opens(f"conversations/{leo.conversation}")
        assert ana.does("note", leo.conversation, text="Ana 3").status == 303
        assert ana.does("close", leo.conversation, reason="x", seen="3").status == 422
        for path in AREAS:
            assert ana.opens(path.format(id=leo.conversation)).status == 200
        assert ana.does("close", leo.conversation, reason="answered", seen="3").status == 303
        for path in AREAS:
            ana.opens(path.format(id=leo.conversation))
        assert ana.opens("search?q=x").status == 422 and ana.does("reply", leo.conversation, text="4", seen="4").status == 409
        return door.pages + ana.pages

    return plays


@pytest.mark.parametrize("code", OTHERS)
def test_no_english_from_the_door_to_the_end_of_a_conversation(met, code):
    language = LANGUAGES[code]
    for page in met(code):
        assert f'<html lang="{code}" dir="{language.dir}">' in page.text and page.headers["Content-Language"] == code
        assert set(english_in(page.text, code)) <= {"Nurse"}, "her title is as the clinic wrote it"
        assert "{" not in re.sub(r"<script.*?</script>|data-\w+='[^']*'|data-\w+=\"[^\"]*\"", "", page.text), "a place left empty"


def test_english_on_a_page_of_staff_would_be_found(house):
    page = house.staff("Ana").opens("", {"Accept-Language": "en"}).text
    assert {"Inbox", "Sign out", "Nobody is waiting"} <= set(english_in(page.replace('lang="en" dir', 'lang="de" dir'), "de"))


@pytest.mark.parametrize(("wish", "query", "code"), [
    ("de-AT,de;q=0.9", "", "de"), ("pl", "", "en"), ("de", "?lang=ar", "ar"), ("ar", "?lang=xx", "ar"), ("", "", "en")])
def test_which_language_it_is(house, wish, query, code):
    page = house.staff("Ana").opens(query, {"Accept-Language": wish} if wish else {})
    assert page.headers["Content-Language"] == code


def test_a_language_that_the_address_names_is_kept(house):
    leo, ana = house.visitor(), house.staff("Ana")
    leo.opens()
    page = unescape(ana.opens(f"conversations/{leo.conversation}?lang=ur").text)
    addresses = re.findall(rf'(?:action|href)="(/staff/{HARBOUR}[^"#]*)', page)
    assert len(addresses) > 10 and [address for address in addresses if "lang=ur" not in address] == []


def test_without_a_wish_staff_read_the_clinics_language(house):
    french = "UPDATE clinics SET locale = 'fr-CA' WHERE slug = :slug"
    house.desk.database.write(lambda tx: tx.everywhere.run(french, slug=HARBOUR))
    assert house.staff("Ana").opens("").headers["Content-Language"] == "fr"


def test_topics_that_are_ours_are_read_in_ones_own_language_and_a_clinics_own_as_it_wrote_them(house):
    leo, ana = house.visitor(), house.staff("Ana")
    leo.opens(category="appointment")
    shown = defaults.shown("Appointment", "es")
    assert shown != "Appointment" and shown in ana.opens("", {"Accept-Language": "es"}).text
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE categories SET label = 'Knees' WHERE name = 'appointment'"))


def test_a_page_brings_the_words_of_its_script_and_only_once(house):
    ana, german = house.staff("Ana"), {"Accept-Language": "de"}
    page = ana.opens("", german).text
    for text in in_script():
        assert isinstance(translation(text, "de"), dict | str)
    assert "Sind Sie noch da?" in page and 'id="words"' in page
    assert 'id="words"' not in ana.opens("", german | {"Securemsg-Live": "1"}).text
    assert say("now").to("de") in page


def test_the_pages_that_a_clinic_is_set_up_with_and_watched_over_are_english_throughout(house):
    maren = house.staff("Maren")
    for path in ("clinic", "templates/", "templates/new", "people/", "pools/", "audit/"):
        page = maren.opens(path, {"Accept-Language": "de"})
        assert page.status == 200 and page.headers["Content-Language"] == "en" and "Abmelden" not in page.text


@pytest.mark.parametrize("code", OTHERS)
def test_emergency_access_is_in_ones_own_language_with_what_is_wrong(house, code):
    ana = Speaker(house.staff("Ana"), code)
    ana.opens("emergency-access")
    form = {"key": "k" * 32, "me": ana.staff.known.id, "reference": "AB-CD23"}
    assert ana.sends("emergency-access", form | {"reason": "No"}).status == 422
    assert ana.sends("emergency-access", form | {"reason": "w" * 501, "purpose": "BTG"}).status == 422
    assert ana.sends("emergency-access", form | {"reason": "Mira asks.", "purpose": "BTG"}).status == 422
    assert "{" not in "".join(ana.pages[-1].text.split("<main")[1:])
    for page in ana.pages:
        assert page.headers["Content-Language"] == code and set(english_in(page.text, code)) <= {"Nurse"}
