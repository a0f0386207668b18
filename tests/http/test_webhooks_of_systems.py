"""Systems name the addresses that hear of events, at /api/v1/webhooks: by token, each in its own clinic."""

import json
from uuid import UUID

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from securemsg.cli.openapi import openapi
from securemsg.plugins import webhooks
from tests.http.house import HARBOUR, HILL
from tests.http.systems import System
from tests.http.test_openapi import examples
from tests.people import new_key

URL = "https://systems.example/hook"
EMPTY = {"items": [], "next": None}


@pytest.fixture
def there(house):
    house.has(webhooks=webhooks)
    return house


def asks(house, system: System, method: str, path: str = "", body: object = b"", **more: str):
    key = {} if method == "GET" else {"Idempotency-Key": new_key()}
    return system.browser.ask(method, f"/api/v1/webhooks{path}", body, system.credentials | key | more)


@pytest.fixture
def system(there):
    return System.of(there, "webhooks:write")


def test_they_are_added_listed_changed_and_removed(there, system):
    added = asks(there, system, "POST", body={"url": URL, "kinds": ["conversation.*"]})
    assert added.status == 201 and added.json["secret"].startswith("whsec_") and added.json["state"] == "working"
    assert str(UUID(added.json["id"])) == added.json["id"], "as every id"
    here = f"/{added.json['id']}"
    assert asks(there, system, "GET").json["items"] == [{name: value for name, value in added.json.items() if name != "secret"}]
    fresh = asks(there, system, "POST", f"{here}/secret", {"overlap_hours": 2})
    assert fresh.status == 200 and fresh.json["secret"] not in (added.json["secret"], "")
    assert asks(there, system, "POST", f"{here}/on", {}).json["state"] == "working"
    assert asks(there, system, "POST", f"{here}/replay", {"after": 0}).json == {"next": None}
    changed = asks(there, system, "PATCH", here, {"url": f"{URL}/new"})
    assert (changed.status, changed.json["url"], changed.json["kinds"]) == (200, f"{URL}/new", ["conversation.*"])
    assert asks(there, system, "DELETE", here).status == 204
    assert asks(there, system, "GET").json == EMPTY and asks(there, system, "DELETE", here).status == 404


@pytest.mark.parametrize("body", [
    {}, {"url": "http://systems.example/"}, {"url": "https://127.0.0.1/"}, {"url": URL, "kinds": ["everything"]},
    {"url": URL, "more": 1}, {"url": 5}, {"url": URL, "kinds": "message.sent"}, []])
def test_what_does_not_fit_is_refused_by_field(there, system, body):
    refused = asks(there, system, "POST", body=body)
    assert refused.status == 422 and refused.headers["Content-Type"] == "application/problem+json" and refused.json["errors"]
    assert asks(there, system, "GET").json == EMPTY


def test_another_clinics_endpoints_look_like_none(there, system):
    id = asks(there, system, "POST", body={"url": URL}).json["id"]
    eve = System.of(there, "webhooks:write", slug=HILL)
    assert asks(there, eve, "GET").json == EMPTY
    for method, path in (("POST", f"/{id}/secret"), ("POST", f"/{id}/on"), ("DELETE", f"/{id}")):
        assert asks(there, eve, method, path, {} if method == "POST" else b"").status == 404


def test_a_token_without_the_scope_and_nobody_are_refused(there, system):
    reader = System.of(there, "events:read", slug=HARBOUR)
    refused = asks(there, reader, "GET")
    assert refused.status == 403 and refused.json["missing_scope"] == "webhooks:write"
    assert there.browser().ask("GET", "/api/v1/webhooks").status == 401


def test_the_same_key_adds_one_and_shows_its_secret_again(there, system):
    """Whoever lost the answer asks once more, and has lost nothing."""
    key = new_key()
    first, again = (asks(there, system, "POST", body={"url": URL}, **{"Idempotency-Key": key}) for _ in range(2))
    assert first.json == again.json and len(asks(there, system, "GET").json["items"]) == 1
    other = asks(there, system, "POST", body={"url": f"{URL}/2"}, **{"Idempotency-Key": key})
    assert other.status == 422 and len(asks(there, system, "GET").json["items"]) == 1
    assert asks(there, system, "POST", body={"url": URL}, **{"Idempotency-Key": ""}).status == 400


def test_the_owner_may_by_her_session_and_staff_may_not(there):
    told = {"Securemsg-Clinic": HARBOUR}
    assert there.staff("Maren").browser.ask("GET", "/api/v1/webhooks", b"", told).json == EMPTY
    assert there.staff("Ana").browser.ask("GET", "/api/v1/webhooks", b"", told).status == 403


def test_they_stand_in_the_apis_document_and_their_examples_fit(there):
    document = there.browser().ask("GET", "/api/v1/openapi.json").json
    validate(document, cls=OpenAPIV31SpecValidator)
    found = {path: set(methods) for path, methods in document["paths"].items() if "webhooks" in path}
    assert found == {"/api/v1/webhooks": {"get", "post"}, "/api/v1/webhooks/{id}": {"patch", "delete"},
                     "/api/v1/webhooks/{id}/secret": {"post"}, "/api/v1/webhooks/{id}/on": {"post"},
                     "/api/v1/webhooks/{id}/replay": {"post"}}
    for where, schema, example in examples(document):
        checker = Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())
        assert not [error.message for error in checker.iter_errors(example)], (where, example)
    told = document["paths"]["/api/v1/webhooks"]["post"]
    assert told["security"][0] == {"token": ["webhooks:write"]} and told["tags"] == ["webhooks"]
    assert "Addresses that hear" in there.browser().ask("GET", "/api/v1/").text


def test_the_command_prints_the_same(there, monkeypatch):
    for name, value in {**there.desk.settings.environ, "SECUREMSG_PLUGINS": "webhooks"}.items():
        monkeypatch.setenv(name, value)
    printed = CliRunner().invoke(openapi, catch_exceptions=False).output
    assert json.loads(printed)["paths"].keys() == there.browser().ask("GET", "/api/v1/openapi.json").json["paths"].keys()


def test_the_old_address_is_gone(there, system):
    assert system.browser.ask("GET", "/x/webhooks/endpoints", b"", system.credentials).status == 404
