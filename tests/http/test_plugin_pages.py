"""Pages of plugins: behind the limits, headers and errors of all others, for programs alone, and nobody's session."""

from pkgutil import iter_modules
from types import ModuleType

import pytest
from flask import Blueprint
from marshmallow import Schema, fields

from securemsg import Call, Resource, hookimpl
from securemsg import plugins as bundled
from securemsg.app import create_app
from securemsg.desk.access import SCOPES
from securemsg.errors import Misconfigured
from securemsg.http import plugins
from securemsg.registry import Registry
from securemsg.registry.finding import modules
from tests.http import paged
from tests.http.dressed import assert_dressed
from tests.http.house import HARBOUR, opened_house
from tests.http.rights import FORBIDDEN, IN, MISSING, UNKNOWN, allowed
from tests.http.routes import ID, every_route
from tests.http.systems import System
from tests.http.test_who_may_what import became
from tests.http.town import Town
from tests.people import new_key

WRONG = {"html": 500, "svg": 500, "script": 500, "raises": 500, "loops": 503, "exits": 503, "nothing": 500, "unknown": 500}


@pytest.fixture(scope="module")
def paging(furnished, tmp_path_factory):
    """A house with that plugin."""
    with opened_house(furnished, tmp_path_factory.mktemp("paging")) as house:
        house.has(pages=paged)
        yield house


def asks(house, method: str, path: str, body: object = b"", **headers: str):
    answer = house.browser().ask(method, f"/x/pages{path}", body, headers)
    assert_dressed(answer, "plugin", path)
    return answer


def test_they_answer_as_json_or_text_under_the_plugins_own_address(paging):
    assert asks(paging, "GET", "/notes/").json == {"notes": [], "cookies": 0, "cookie": None}
    assert asks(paging, "POST", "/notes/", {"text": "x"}).status == 201
    routes = [route for route in every_route(paging.app) if route.endpoint.startswith("x_")]
    assert {route.rule for route in routes} == {"/x/pages/notes/", "/x/pages/notes/plain", "/x/pages/notes/wrong/<how>",
                                               "/x/pages/clinic"}


def test_errors_are_problems_also_for_who_asks_for_a_page(paging):
    refused = asks(paging, "POST", "/notes/", {}, Accept="text/html")
    assert (refused.status, refused.headers["Content-Type"]) == (422, "application/problem+json")
    assert (refused.json["detail"], refused.json["errors"]) == ("A note has a text.", {"text": ["It is missing."]})
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/notes/", 405), ("GET", "/notes/wrong", 404)):
        answer = paging.browser().ask(method, f"/x/pages{path}", headers={"Accept": "text/html"})
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("how", WRONG)
def test_whatever_goes_wrong_is_an_error_without_a_word_of_it(paging, how, monkeypatch):
    monkeypatch.setattr(plugins.guard, "within", within_no_time(how))
    answer = asks(paging, "GET", f"/notes/wrong/{how}")
    assert answer.status == WRONG[how] and answer.headers["Content-Type"] == "application/problem+json"
    assert "alert" not in answer.text and "svg" not in answer.text and "Error" not in answer.text
    assert "cannot store" not in answer.text


def within_no_time(how):
    """The deadline of the view has passed at once, where it would run for ever."""
    def within(seconds, call):
        if how == "loops":
            raise plugins.guard.Overdue
        return call()

    return within


def test_no_header_undoes_ours(paging):
    answer = asks(paging, "GET", "/notes/plain")
    assert answer.headers["Content-Type"].startswith("text/calendar") and answer.headers["ETag"] == '"7"'
    for name in ("Set-Cookie", "Access-Control-Allow-Origin", "Refresh"):
        assert name not in answer.headers
    assert answer.headers.getlist("Content-Security-Policy") == [answer.headers["Content-Security-Policy"]]
    assert "*" not in answer.headers["Content-Security-Policy"]


def test_cookies_do_not_reach_them(paging):
    ana = paging.staff("Ana")
    answer = ana.browser.ask("GET", "/x/pages/notes/")
    assert ana.browser.jar and answer.json == {"notes": [], "cookies": 0, "cookie": None}
    assert ana.browser.ask("GET", "/x/pages/clinic", headers={"Securemsg-Clinic": HARBOUR}).status == 401


NEEDS = {  # by blueprint: the act that the scope of a token must allow; None: anybody may. One without a line fails
    "x_pages.notes": None, "x_pages.systems": "inbox"}
RESOURCES = {"webhooks": "webhooks"}  # of the API that plugins add: the act that a role, or the scope of a token, must allow


def test_who_may_what_there(furnished, tmp_path):
    """Everybody at every page, those of the bundled plugins too: `requires` lets in the holders of a token with its scope."""
    with opened_house(furnished, tmp_path) as house:
        house.has(pages=paged, **modules(module.name for module in iter_modules(bundled.__path__)))
        town, wrong = Town(house), []
        routes = [route for route in every_route(house.app) if route.endpoint.startswith("x_") and "wrong" not in route.rule]
        assert {route.endpoint.rpartition(".")[0] for route in routes} == set(NEEDS)
        for route in routes:
            for name, arrives in town.everybody().items():
                somebody, right = arrives(), NEEDS[route.endpoint.rpartition(".")[0]]
                found, wanted = became(somebody.asks(route, {"id": ID}), route), IN
                if right:
                    wanted = UNKNOWN if somebody.kind != "system" else IN if right in somebody.rights else FORBIDDEN
                wrong += [f"{name} at {route.rule}: {found}, not {wanted}"] * (found not in (wanted, {IN: MISSING}.get(wanted)))
                town.signed_in()
        assert not wrong, "\n".join(wrong)


def test_who_may_what_at_the_resources_that_plugins_add(furnished, tmp_path):
    """As at the rest of the API: who works in the clinic by their role, systems by their token's scope, nobody else."""
    with opened_house(furnished, tmp_path) as house:
        core = {route.endpoint for route in every_route(house.app)}
        house.has(**modules(module.name for module in iter_modules(bundled.__path__)))
        town, wrong = Town(house), []
        routes = [route for route in every_route(house.app) if route.endpoint not in core and route.rule.startswith("/api/v1/")]
        assert {route.endpoint.partition(".")[0] for route in routes} == set(RESOURCES)
        for route in routes:
            right = RESOURCES[route.endpoint.partition(".")[0]]
            for name, arrives in town.everybody().items():
                somebody = arrives()
                known = somebody.kind == "system" or (somebody.kind == "staff" and somebody.clinic == HARBOUR)
                wanted = (IN if right in somebody.rights else FORBIDDEN) if known else UNKNOWN
                answer = somebody.asks(route, {"id": ID})
                found = became(answer, route)
                wrong += [f"{name} at {route.method} {route.rule}: {found}, not {wanted}"] * (
                    found not in (wanted, {IN: MISSING}.get(wanted)))
                assert_dressed(answer, "api", route.rule)
                town.signed_in()
        assert not wrong, "\n".join(wrong)


def _takes(path: str, name: str, **how: str) -> Call:
    return Call("POST", path, "clinics:read", "x", "x", len, takes=type("Taken", (Schema,), {name: fields.String(**how)}))


DECLARED = {  # what a resource could declare that cannot be
    "another's name": (Resource("conversations", "x", ()), "is no name for one (small letters) or is there already"),
    "a name with a slash": (Resource("a/b", "x", ()), "is no name"),
    "no such scope": (Resource("things", "x", (Call("GET", "", "things:read", "x", "x", len),)), "a scope that exists"),
    "no such path": (Resource("things", "x", (Call("GET", "/<path:all>", "clinics:read", "x", "x", len),)), "a path like /<id>"),
    "a field that the address has": (Resource("things", "x", (_takes("/<id>", "id"),)), "takes a field 'id'"),
    "the same by another name": (Resource("things", "x", (_takes("/<id>", "thing", attribute="id"),)), "takes a field 'id'"),
    "a field that this service gives": (Resource("things", "x", (_takes("", "desk"),)), "takes a field 'desk'"),
    "no such method": (Resource("things", "x", (Call("OPTIONS", "", "clinics:read", "x", "x", len),)), "has a method"),
}


@pytest.mark.parametrize("how", DECLARED)
def test_a_resource_that_cannot_be_does_not_start(house, how):
    module, (resource, told) = ModuleType("odd"), DECLARED[how]
    module.resources, module.personal_data = hookimpl(lambda: [resource]), hookimpl(lambda: [])
    with pytest.raises(Misconfigured) as stopped:
        house.has(odd=module)
    assert told in stopped.value.detail and "odd" in stopped.value.detail


def test_what_a_call_asks_for_when_it_only_looks_is_not_done_and_one_that_loops_is_ended(house, monkeypatch):
    def looks(desk):
        desk.keep(None, seen=True)
        return {"seen": desk.kept(None)}

    def fails(desk):
        raise ValueError("Anna has a rash")

    module = ModuleType("odd")
    things = Resource("things", "Things.", (
        Call("GET", "", "clinics:read", "Look", "Look.", looks, gives=Anything), Call(
            "POST", "/<id>/fails", "clinics:read", "Fail", "Fail.", lambda desk, id: fails(desk))))
    module.resources, module.personal_data = hookimpl(lambda: [things]), hookimpl(lambda: [])
    house.has(odd=module)
    system = System.of(house, "clinics:read")
    for _ in range(2):
        assert system.browser.ask("GET", "/api/v1/things", b"", system.credentials).json == {"seen": {"seen": True}}
    assert not house.desk.database.read(lambda tx: tx.everywhere.all("SELECT 1 AS yes FROM kept"))
    told = system.credentials | {"Idempotency-Key": new_key()}
    failed = system.browser.ask("POST", "/api/v1/things/x/fails", {}, told)
    assert failed.status == 503 and "nothing was changed" in failed.text and "rash" not in failed.text
    found = house.desk.database.read(lambda tx: tx.everywhere.all(
        "SELECT action, actor_kind FROM audit WHERE action IN ('tool.used', 'plugin.failed') ORDER BY number"))
    assert [tuple(row) for row in found] == [("tool.used", "system")] * 2 + [("plugin.failed", "plugin:odd")]
    monkeypatch.setattr(plugins.guard, "within", within_no_time("loops"))
    assert system.browser.ask("GET", "/api/v1/things", b"", system.credentials).status == 503


class Anything(Schema):
    """Any JSON."""


def test_a_token_reaches_its_own_clinic_alone(paging):
    system = System.of(paging)
    answer = asks(paging, "GET", "/clinic", **system.credentials)
    assert answer.json == {"clinic": HARBOUR, "name": "Harbour Lane Family Practice"}
    assert allowed("conversations:read") == SCOPES["conversations:read"]
    bad = asks(paging, "GET", "/clinic", Authorization="Bearer sm_live_x")
    assert (bad.status, bad.headers["WWW-Authenticate"]) == (401, 'Bearer realm="securemsg"')


def test_a_scope_that_does_not_exist_is_told_when_the_plugin_loads():
    with pytest.raises(ValueError, match="there is no scope 'messages'; there are clinics:read"):
        plugins.requires("messages")


REACHES = {  # what a blueprint could try that concerns the pages of others
    "before all": lambda blueprint: blueprint.before_app_request(lambda: None),
    "after all": lambda blueprint: blueprint.after_app_request(lambda response: response),
    "errors of all": lambda blueprint: blueprint.app_errorhandler(404)(lambda error: "x"),
    "templates of all": lambda blueprint: blueprint.app_context_processor(dict),
}


@pytest.mark.parametrize("how", REACHES)
def test_one_that_reaches_for_the_pages_of_others_does_not_start(house, how):
    blueprint, module = Blueprint("greedy", __name__), ModuleType("greedy")
    REACHES[how](blueprint)
    module.blueprints, module.personal_data = hookimpl(lambda: [blueprint]), hookimpl(lambda: [])
    with pytest.raises(Misconfigured, match="The hook blueprints of the plugin greedy changes the pages of others"):
        house.has(greedy=module)


def test_what_is_no_blueprint_does_not_start(house):
    module = ModuleType("odd")
    module.blueprints, module.personal_data = hookimpl(lambda desk: ["/x"]), hookimpl(lambda: [])
    house.desk.registry = Registry.of({"odd": module})
    with pytest.raises(Misconfigured, match="The hook blueprints of the plugin odd must give a list of Blueprint"):
        create_app(house.desk.settings, house.desk)
