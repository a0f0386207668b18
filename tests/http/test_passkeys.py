"""Passkeys at the staff door: added, used to sign in and to confirm, listed, removed; and what is none opens nothing."""

import html
import json
import re
from dataclasses import replace

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from tests.authenticator import Authenticator
from tests.http.forms import every_form
from tests.http.house import HARBOUR, HILL
from tests.http.people import new_key


@pytest.fixture
def maren(house):
    """The owner, who confirmed a moment ago that it is she."""
    maren = house.staff("Maren")
    maren.steps_up()
    return maren


@pytest.fixture
def phone(house):
    return Authenticator(house.url)


def asked(page, action: str = "") -> dict:
    """What a page asks the browser for, in the form to `action`."""
    in_form, to_confirm = rf'<form[^>]*{action}"[^>]*data-passkey="([^"]*)"', r'use-passkey="([^"]*)"'
    return json.loads(html.unescape((re.search(in_form, page.text) or re.search(to_confirm, page.text))[1]))


def adds(staff, phone, name: str = "My phone", **changes: object):
    """Add one on the page of one's own sign-ins."""
    form = {"name": name, "key": new_key(), "me": staff.known.id}
    return staff.browser.submit(staff.path("passkeys"), form | {
        "passkey": phone.makes(asked(staff.opens("sessions/")), **changes)})


def signs_in(house, phone, slug: str = HARBOUR, sent: str = ""):
    """Somebody whose browser holds nothing but a passkey; the answer, and the browser."""
    browser = house.browser()
    page = browser.get(f"/staff/{slug}/sign-in")
    form = {"key": new_key(), "passkey": sent or phone.uses(asked(page, "passkey")), "next": f"/staff/{slug}/sessions/"}
    return browser.submit(f"/staff/{slug}/sign-in/passkey", form), browser


@pytest.fixture
def known(maren, phone):
    """The phone, once it is Maren's."""
    assert adds(maren, phone).status == 303
    return phone


def test_one_signs_in_without_typing_anything(house, known):
    answer, browser = signs_in(house, known)
    assert (answer.status, answer.location) == (303, f"/staff/{HARBOUR}/sessions/")
    page = browser.get(answer.location)
    assert "Maren Whitlock" in page.text and "My phone" in page.text and "last used" in page.text.partition("My phone")[2]


def test_each_answer_counts_once(house, known):
    page = house.browser().get(f"/staff/{HARBOUR}/sign-in")
    sent = known.uses(asked(page, "passkey"))
    assert [signs_in(house, known, sent=sent)[0].status for _ in range(2)] == [303, 422]


def test_one_that_does_not_count_its_uses_is_as_good_and_its_answers_count_once_too(house, maren):
    cloud = Authenticator(house.url, counts=False)
    assert adds(maren, cloud).status == 303
    sent = cloud.uses(asked(house.browser().get(f"/staff/{HARBOUR}/sign-in"), "passkey"))
    assert [signs_in(house, cloud, sent=sent)[0].status for _ in range(2)] == [303, 422]
    assert signs_in(house, cloud)[0].status == 303


def test_a_copy_is_noticed_by_its_count(house, known):
    copy = replace(known)
    assert signs_in(house, known)[0].status == 303 and signs_in(house, known)[0].status == 303
    assert signs_in(house, copy)[0].status == 422


@pytest.mark.parametrize("changes", [{"origin": "https://elsewhere.example"}, {"type": "webauthn.create"}, {"challenge": "AAAA"}])
def test_an_answer_to_another_page_is_none(house, known, changes):
    page = house.browser().get(f"/staff/{HARBOUR}/sign-in")
    refused = signs_in(house, known, sent=known.uses(asked(page, "passkey"), **changes))[0]
    assert refused.status == 422 and "was not accepted" in refused.text and "Set-Cookie" not in refused.headers


def test_a_challenge_is_good_for_one_thing_one_clinic_and_an_hour(house, maren, known):
    on_the_door = asked(house.browser().get(f"/staff/{HARBOUR}/sign-in"), "passkey")
    of_hill_road = asked(house.browser().get(f"/staff/{HILL}/sign-in"), "passkey")
    to_make = asked(maren.opens("sessions/"))
    for challenge in (of_hill_road["challenge"], to_make["challenge"]):
        assert signs_in(house, known, sent=known.uses(on_the_door | {"challenge": challenge}))[0].status == 422
    assert signs_in(house, known, slug=HILL)[0].status == 422, "nobody of Hill Road has it"
    house.clock.passes(minutes=61)
    assert signs_in(house, known, sent=known.uses(on_the_door))[0].status == 422
    assert signs_in(house, known)[0].status == 303


def test_who_only_touches_it_has_not_shown_who_they_are(house, maren, known):
    known.verifies = False
    assert signs_in(house, known)[0].status == 422
    assert adds(maren, Authenticator(house.url, verifies=False)).status == 422


def test_another_key_under_the_same_name_opens_nothing(house, known):
    assert signs_in(house, Authenticator(house.url, id=known.id, user=known.user, used=99))[0].status == 422


def test_one_that_was_removed_opens_nothing_any_more(house, maren, known):
    page = maren.opens("sessions/")
    [path] = [to for to, _ in every_form(page) if to.endswith("/remove")]
    assert house.staff("Ana").browser.submit(path, {"key": new_key(), "me": house.staff("Ana").known.id}).status in (401, 404)
    assert maren.browser.submit(path, {"key": new_key(), "me": maren.known.id}).status == 303
    assert "My phone" not in maren.opens("sessions/").text and signs_in(house, known)[0].status == 422
    assert maren.browser.submit(path, {"key": new_key(), "me": maren.known.id}).status == 404


def test_several_have_names_and_the_same_one_is_not_kept_twice(house, maren, known):
    other = Authenticator(house.url)
    assert adds(maren, other, "  The key   on my ring ").status == 303
    page = html.unescape(maren.opens("sessions/").text)
    assert "<bdi>My phone</bdi>" in page and "<bdi>The key on my ring</bdi>" in page
    again = adds(maren, known, "Again")
    assert again.status == 422 and "is there already" in again.text
    assert adds(maren, Authenticator(house.url), " ").status == 422
    assert signs_in(house, other)[0].status == 303 and signs_in(house, known)[0].status == 303


def test_adding_and_removing_wait_until_it_is_confirmed_and_nothing_is_lost(house, maren, phone):
    house.clock.passes(minutes=6)
    waits = adds(maren, phone)
    [(action, form)] = [(to, form) for to, form in every_form(waits) if "step_up_code" in form]
    assert waits.status == 401 and "My phone" not in maren.opens("sessions/").text
    done = maren.browser.submit(action, form | {"step_up_code": maren.known.codes[-1]})
    assert done.status == 303 and "My phone" in maren.opens("sessions/").text
    house.clock.passes(minutes=6)
    [path] = [to for to, _ in every_form(maren.opens("sessions/")) if to.endswith("/remove")]
    assert maren.browser.submit(path, {"key": new_key(), "me": maren.known.id}).status == 401


def test_it_confirms_as_a_code_does(house, maren, known):
    house.clock.passes(minutes=6)
    page = maren.opens("step-up")
    form = {"key": new_key(), "me": maren.known.id, "step_up_code": "", "next": maren.path("sessions/")}
    sent = known.uses(asked(page))
    for_another = maren.browser.submit(maren.path("step-up"), form | {"step_up_passkey": known.uses(
        asked(house.browser().get(f"/staff/{HARBOUR}/sign-in"), "passkey"))})
    assert for_another.status == 401 and "was not accepted" in for_another.text
    done = maren.browser.submit(maren.path("step-up"), form | {"step_up_passkey": sent})
    assert (done.status, done.location) == (303, maren.path("sessions/"))
    assert maren.browser.submit(maren.path("step-up"), form | {"step_up_passkey": sent}).status == 401, "once"


def test_a_colleagues_passkey_does_not_confirm(house, maren, known):
    ana, hers = house.staff("Ana"), Authenticator(house.url)
    ana.steps_up()
    assert adds(ana, hers).status == 303
    house.clock.passes(minutes=6)
    form = {"key": new_key(), "me": maren.known.id, "step_up_passkey": hers.uses(asked(maren.opens("step-up")))}
    assert maren.browser.submit(maren.path("step-up"), form).status == 401


def test_whoever_has_left_or_enrols_anew_has_none(house, maren, known):
    desk, home = house.desk, clinic(house.desk, HARBOUR)
    ana, hers = house.staff("Ana"), Authenticator(house.url)
    ana.steps_up()
    assert adds(ana, hers).status == 303
    people.disable(desk, Who("service", home.id), home, people.everyone(desk, home.id)[ana.known.id], house.clock())
    assert signs_in(house, hers)[0].status == 422 and signs_in(house, known)[0].status == 303


@pytest.mark.parametrize("change", ["person_id = :ana", "hash = 'other'", "sealed = :nothing", "mac = :nothing"])
def test_a_row_that_somebody_else_wrote_opens_nothing(house, maren, known, change):
    values = {"ana": house.staff("Ana").known.id, "nothing": bytes(32)}
    used = {name: value for name, value in values.items() if f":{name}" in change}
    house.desk.database.write(lambda tx: tx.everywhere.run(f"UPDATE credentials SET {change} WHERE kind = 'passkey'", **used))
    assert signs_in(house, known)[0].status == 422 and "My phone" not in maren.opens("sessions/").text


@pytest.mark.parametrize("sent", [
    "", "x", "[]", "{}", '{"response": {}}', '{"id": "AA", "response": {"clientDataJSON": "bm90IEpTT04"}}',
    '{"id": 1, "response": 2}', '{"id": "ü", "response": {"clientDataJSON": "e30"}}', "{" * 3000])
def test_what_cannot_be_read_is_refused_with_a_sentence(house, maren, sent):
    assert signs_in(house, None, sent=sent or " ")[0].status == 422
    form = {"key": new_key(), "me": maren.known.id, "name": "x", "passkey": sent}
    assert maren.browser.submit(maren.path("passkeys"), form).status == 422


def test_broken_parts_of_an_answer_are_refused_with_a_sentence(house, maren, known):
    """Each part in turn is missing, of another type, cut or flipped."""
    for change in (None, 7, "", "AAAA", "!", [], {}):
        for part in ("clientDataJSON", "authenticatorData", "signature"):
            sent = json.loads(known.uses(asked(house.browser().get(f"/staff/{HARBOUR}/sign-in"), "passkey")))
            sent["response"][part] = change
            assert signs_in(house, known, sent=json.dumps(sent))[0].status == 422, (part, change)
        made = json.loads(Authenticator(house.url).makes(asked(maren.opens("sessions/"))))
        made["response"]["attestationObject"] = change
        form = {"key": new_key(), "me": maren.known.id, "name": "x", "passkey": json.dumps(made)}
        assert maren.browser.submit(maren.path("passkeys"), form).status == 422, change


def test_a_service_at_a_number_offers_none(furnished, tmp_path):
    from tests.http.house import opened_house

    with opened_house(furnished, tmp_path, public_url="http://127.0.0.1:8000") as house:
        assert "data-passkey" not in house.browser().get(f"/staff/{HARBOUR}/sign-in").text
        assert "data-passkey" not in house.staff("Maren").opens("sessions/").text
