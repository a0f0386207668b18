"""Systems name the addresses that hear of events, below /x/webhooks/endpoints: by token, each in its own clinic."""

import pytest

from securemsg.plugins import webhooks
from tests.http.house import HARBOUR, HILL
from tests.http.systems import System

URL = "https://systems.example/hook"


@pytest.fixture
def there(house):
    house.has(webhooks=webhooks)
    return house


def asks(house, system: System, method: str, path: str = "", body: object = b""):
    return system.browser.ask(method, f"/x/webhooks/endpoints{path}", body, system.credentials)


@pytest.fixture
def system(there):
    return System.of(there, "webhooks:write")


def test_they_are_added_listed_changed_and_removed(there, system):
    added = asks(there, system, "POST", body={"url": URL, "kinds": ["conversation.*"]})
    assert added.status == 201 and added.json["secret"].startswith("whsec_") and added.json["state"] == "working"
    here = f"/{added.json['id']}"
    assert asks(there, system, "GET").json["items"] == [{name: value for name, value in added.json.items() if name != "secret"}]
    fresh = asks(there, system, "POST", f"{here}/secret", {"overlap_hours": 2})
    assert fresh.status == 200 and fresh.json["secret"] not in (added.json["secret"], "")
    assert asks(there, system, "POST", f"{here}/on", {}).json["state"] == "working"
    assert asks(there, system, "POST", f"{here}/replay", {"after": 0}).json == {"next": None}
    assert asks(there, system, "DELETE", here).status == 200
    assert asks(there, system, "GET").json == {"items": []} and asks(there, system, "DELETE", here).status == 404


@pytest.mark.parametrize("body", [
    {}, {"url": "http://systems.example/"}, {"url": "https://127.0.0.1/"}, {"url": URL, "kinds": ["everything"]},
    {"url": URL, "more": 1}, {"url": 5}, {"url": URL, "kinds": "message.sent"}, []])
def test_what_does_not_fit_is_refused_by_field(there, system, body):
    refused = asks(there, system, "POST", body=body)
    assert refused.status == 422 and refused.headers["Content-Type"] == "application/problem+json" and refused.json["errors"]
    assert asks(there, system, "GET").json == {"items": []}


def test_another_clinics_endpoints_look_like_none(there, system):
    id = asks(there, system, "POST", body={"url": URL}).json["id"]
    eve = System.of(there, "webhooks:write", slug=HILL)
    assert asks(there, eve, "GET").json == {"items": []}
    for method, path in (("POST", f"/{id}/secret"), ("POST", f"/{id}/on"), ("DELETE", f"/{id}")):
        assert asks(there, eve, method, path, {} if method == "POST" else b"").status == 404


def test_a_token_without_the_scope_and_nobody_are_refused(there, system):
    reader = System.of(there, "events:read", slug=HARBOUR)
    refused = asks(there, reader, "GET")
    assert refused.status == 403 and refused.json["missing_scope"] == "webhooks:write"
    assert there.browser().ask("GET", "/x/webhooks/endpoints").status == 401
