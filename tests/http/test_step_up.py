"""Confirming once more who it is: asked for where it matters, kept for five minutes, and nothing that was typed is lost."""

from html import unescape

import pytest
from flask import Blueprint, request

from securemsg.desk.door import step_up
from securemsg.http import auth, stale
from securemsg.http.here import desk
from tests.http.forms import every_form, fields
from tests.http.house import HARBOUR
from tests.http.people import new_key

TYPED = {"reason": "Asked by letter, “Müller” & son", "kind": "all"}
MINUTES = step_up.SECONDS / 60


@pytest.fixture
def done(house):
    """An act that needs it, as a page of the service has one; what was sent to it once it was done."""
    acts, blueprint = [], Blueprint("grave", __name__, url_prefix="/staff/<slug>/grave")

    @blueprint.route("", methods=["GET", "POST"])
    def grave(slug):
        _, me = auth.staff(slug)
        if request.method == "POST":
            stale.same_person(me, request.form)
        step_up.require_recent(desk(), me, desk().clock())
        acts.append(request.form.to_dict() if request.method == "POST" else request.args.to_dict())
        return {"done": True}

    house.app.register_blueprint(blueprint)
    house.clock.passes(MINUTES + 1)
    return acts


@pytest.fixture
def maren(house, done):
    """Maren, who signed in a while ago, without anything typed yet."""
    return house.staff("Maren")


def does(staff, **changes):
    return staff.browser.submit(staff.path("grave"), {"key": new_key(), "me": staff.known.id} | TYPED | changes)


def code(house, staff) -> str:
    return staff.code(house.clock.ahead // 1_000_000)


def test_an_act_waits_for_a_code_and_then_is_done_with_all_that_was_typed(house, maren, done):
    asked = does(maren)
    assert asked.status == 401 and done == [] and "Confirm that it is you" in asked.text
    [(action, form)] = [(to, form) for to, form in every_form(asked) if "step_up_code" in form]
    assert action == maren.path("grave") and {name: form[name] for name in TYPED} == TYPED
    answer = maren.browser.submit(action, form | {"step_up_code": code(house, maren)})
    assert answer.status == 200 and answer.json == {"done": True}
    assert [{name: act[name] for name in TYPED} for act in done] == [TYPED]


def test_it_counts_for_five_minutes_and_no_longer(house, maren, done):
    maren.steps_up()
    house.clock.passes(MINUTES - 0.1)
    assert does(maren).status == 200
    house.clock.passes(0.2)
    assert does(maren).status == 401 and len(done) == 1


def test_signing_in_counts(house, done):
    ana = house.staff("Ana")
    ana.browser.jar.clear()
    assert ana.signs_in("four ducks on a pond", code(house, ana)).status == 303
    assert does(ana).status == 200 and len(done) == 1


def test_a_wrong_code_does_nothing_and_loses_nothing(house, maren, done):
    refused = does(maren, step_up_code="123456")
    assert refused.status == 401 and "does not fit" in unescape(refused.text) and done == []
    form = fields(refused, "/grave")
    assert {name: form[name] for name in TYPED} == TYPED and form["step_up_code"] == ""
    assert does(maren).status == 401, "a wrong code confirms nothing"
    assert does(maren, **form | {"step_up_code": code(house, maren)}).status == 200


def test_a_code_counts_once(house, maren, done):
    shown = code(house, maren)
    assert does(maren, step_up_code=shown).status == 200
    assert does(maren, step_up_code=shown).status == 401 and len(done) == 1


def test_a_recovery_code_does_as_well_and_is_used_up(maren, done):
    recovery = maren.known.codes[0]
    assert does(maren, step_up_code=recovery).status == 200
    maren.browser.jar.clear()
    assert maren.signs_in("four ducks on a pond", recovery).status == 422


def test_guesses_are_slowed_and_told_for_how_long(house, maren, done):
    house.clock.stops()
    answers = [does(maren, step_up_code="000000") for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] and int(answers[-1].headers["Retry-After"]) > 0
    assert "several wrong attempts" in answers[-1].text and fields(answers[-1], "/grave")["reason"] == TYPED["reason"]
    assert does(maren, step_up_code=code(house, maren)).status == 429, "the right one waits, too"
    house.clock.passes(1)
    assert does(maren, step_up_code=code(house, maren)).status == 200


def test_one_session_confirms_for_itself_alone(house, maren, done):
    """Somebody else's session, and the same person's elsewhere, stay as they were."""
    maren.steps_up()
    assert does(house.staff("Ana")).status == 401 and does(maren).status == 200


def test_a_page_that_needs_it_comes_back_to_where_one_was(house, maren, done):
    asked = maren.opens("grave?of=all")
    assert asked.status == 401
    [(action, form)] = [(to, form) for to, form in every_form(asked) if "step_up_code" in form]
    answer = maren.browser.submit(action, form | {"step_up_code": code(house, maren)})
    assert (answer.status, answer.location) == (303, maren.path("grave?of=all"))
    assert maren.opens("grave?of=all").status == 200 and done == [{"of": "all"}]


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", f"/staff/{HARBOUR}/../x", "/contact/x"])
def test_nobody_is_sent_elsewhere(house, maren, target):
    form = {"next": target, "key": new_key(), "me": maren.known.id, "step_up_code": code(house, maren)}
    assert maren.browser.submit(maren.path("step-up"), form).location == maren.path()


def test_a_program_hears_a_problem(maren, done):
    form = {"key": new_key(), "me": maren.known.id}
    problem = maren.browser.submit(maren.path("grave"), form, {"Accept": "application/json"})
    assert (problem.status, problem.json["type"].rpartition("/")[2]) == (401, "step-up-needed")


def test_a_row_that_somebody_else_wrote_confirms_nothing(house, maren, done):
    """Who writes to the database and has no keys: the session ends with it."""
    now = house.clock()
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE staff_sessions SET step_up_at = :now", now=now))
    assert does(maren).status == 401 and maren.opens().status == 303 and done == []


def test_a_clock_that_was_set_back_asks_again(house, maren, done):
    maren.steps_up()
    house.clock.passes(-60)
    assert does(maren).status == 401 and done == []


def test_what_was_tried_stands_in_the_audit_log(house, maren, done):
    does(maren, step_up_code="123456")
    maren.steps_up()
    rows = house.desk.database.read(lambda tx: tx.everywhere.all(
        "SELECT action, outcome FROM audit WHERE action LIKE 'staff.step%' ORDER BY id"))
    assert [(row.action, row.outcome) for row in rows] == [("staff.step_up_failed", "refused"), ("staff.stepped_up", "ok")]
