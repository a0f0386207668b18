"""Everybody at every route: let in, sent to the door or refused, as the table has it; and what one may not know of looks the same
as what does not exist.

In one process on SQLite: who may what is decided above the store, and that every query names its clinic is looked at on both
databases (desk/test_apart.py).
"""

import re
from collections.abc import Iterator

import pytest

from securemsg.desk.access import ROLES
from securemsg.desk.door import step_up
from securemsg.http import limits
from tests.http.browser import Answer
from tests.http.house import HARBOUR, HILL, opened_house
from tests.http.rights import BEGIN, FORBIDDEN, IN, MISSING, SIGN_IN, UNKNOWN, expected, lines, without_a_line
from tests.http.routes import ID, Route, every_route
from tests.http.town import Town

CONVERSATION = ("contact.conversation", "contact.saved", "places.everywhere", "erasing.question")
CLASSES = {401: UNKNOWN, 403: FORBIDDEN, 404: MISSING}


@pytest.fixture(scope="module")
def town(furnished, tmp_path_factory) -> Iterator[Town]:
    with opened_house(furnished, tmp_path_factory.mktemp("town")) as house, pytest.MonkeyPatch.context() as patch:
        patch.setattr("securemsg.http.stream._LIFE_SECONDS", 0)  # who is let in reads a stream to its end
        more_come = [each for each in limits._RULES["open"] if each.whom != "clinic"]  # than to a clinic in an hour
        patch.setitem(limits._RULES, "open", more_come)
        yield Town(house)


def became(answer: Answer, what: Route) -> str:
    """What became of a request."""
    assert answer.status < 500, (what, answer.text)
    where = answer.headers.get("Location", "")
    if answer.status == 303 and "/sign-in" in where:
        return SIGN_IN
    if answer.status == 303 and re.fullmatch(r"/contact/[\w-]+(\?[\w=&]+)?", where) and what.endpoint in CONVERSATION:
        return BEGIN
    if answer.status == 401 and "data-step-up" in answer.text:  # who may do it, and has to confirm that it is they
        return IN
    if answer.status == 401 and '/sign-in" data-once' in answer.text:  # instead of a redirect: what was typed stands there
        return SIGN_IN
    return CLASSES.get(answer.status, IN)


def test_every_route_has_a_line_and_every_line_a_route(town):
    assert without_a_line(every_route(town.house.app)) == set() == lines(town.house.app)


def test_somebody_of_each_role_comes_by(town):
    assert set(ROLES) <= {"staff", "owner", *(name.removeprefix("the role ") for name in town.everybody())}


def test_everybody_at_every_route(town, monkeypatch):
    """Who is let in may still hear that something is missing in what was sent; who is not never hears anything else."""
    monkeypatch.setattr(step_up, "SECONDS", 3600)  # all have just signed in, also where asking everything takes a while
    wrong, asked, things = [], 0, town.things(HARBOUR)
    for route in every_route(town.house.app):
        for name, arrives in town.everybody().items():
            somebody = arrives()
            found = became(somebody.asks(route, things), route)
            wanted = expected(route, somebody.kind, somebody.rights, at_home=somebody.clinic == HARBOUR)
            wrong += [f"{name}: {route.method} {route.rule} ({route.endpoint}): {found}, not {wanted}"] * (found != wanted)
            asked += 1
            town.signed_in()
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong)


def alike(one: Answer, other: Answer, *ids: str) -> bool:
    """The same, but for the ids that were asked for, the number of the answer, its time, and keys that are new each time."""
    return _bare(one, ids) == _bare(other, ids)


def _bare(answer: Answer, ids: tuple[str, ...]) -> tuple:
    told = {name: value for name, value in answer.headers.items() if not name.startswith(("RateLimit", "Content-Length"))}
    new = r'urn:uuid:[0-9a-f-]{36}|(?<=value=")[\w-]{22,36}(?=")|(?<=data-)[a-z]+="[0-9]{16}"|(?<=data-passkey=)"[^"]*"'
    named = "|".join(map(re.escape, ids))
    return answer.status, *(re.sub(new, "NEW", re.sub(named, "ID", text)) for text in (answer.text, str(told)))


def test_what_belongs_to_others_looks_like_what_does_not_exist(town):
    """For everybody who is let in somewhere: an id of another clinic, and one that nobody has."""
    foreign, looked = town.things(HILL), 0
    nowhere = dict.fromkeys(foreign, ID)
    for route in every_route(town.house.app):
        if not re.search(r"<uuid:", route.rule):
            continue
        for name in ("staff", "an owner at work", "the role auditor", "the role compliance", "a token for all",
                     "a token for messages:read", "another clinic's owner"):
            answers = [town.everybody()[name]().asks(route, values) for values in (foreign, nowhere)]
            assert alike(*answers, *foreign.values(), ID), (name, route, [answer.text for answer in answers])
            assert answers[0].status in (303, 401, 403, 404), (name, route, answers[0].status)
            looked += answers[0].status == 404
            town.signed_in()
    assert looked > 40, "hardly anybody got as far as to a thing that is not there"


def test_a_visitor_never_meets_the_words_of_another(town):
    """Whatever a visitor asks for, of the same clinic or of another: nobody else's text is in it."""
    secret = town.house.visitor()
    assert secret.opens("the colour of my canary is teal").status == 201
    things = town.things(HARBOUR) | {"conversation": secret.conversation}
    for route in every_route(town.house.app):
        for name in ("nobody", "a visitor", "a visitor of another clinic", "another clinic's owner", "another clinic's token"):
            assert "canary" not in town.everybody()[name]().asks(route, things).text, (name, route)
            town.signed_in()
