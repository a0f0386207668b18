"""The API's description: every route of it and nothing else, valid, the same bytes everywhere, examples that fit their shapes."""

import json
import re

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from securemsg.http.explained import EXPLAINED
from securemsg.http.header_fields import GIVEN, TAKEN
from securemsg.http.problem_shapes import classes
from tests.http.routes import every_route

BESIDE = {"/clinics/{slug}.json", "/receipt-keys.json"}  # described as well: a visitor's program needs them first
FOR_PEOPLE = {"/api/v1/"}


@pytest.fixture(scope="module")
def document(shared) -> dict:
    answer = shared.browser().ask("GET", "/api/v1/openapi.json")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    return answer.json


def operations(document: dict) -> list[tuple[str, str, dict]]:
    """Its operations as path, method, what is said of it."""
    return [(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()]


def described(app: Flask) -> set[tuple[str, str]]:
    """What has to be in it, from the URL map."""
    found = {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule), route.method.lower()) for route in every_route(app)}
    return {(path, method) for path, method in found
            if (path.startswith(("/v1/", "/api/v1/")) or path in BESIDE) and path not in FOR_PEOPLE}


def test_every_route_is_in_it_and_nothing_else(shared, document):
    assert {(path, method) for path, method, _ in operations(document)} == described(shared.app)


def test_it_is_valid(document):
    assert document["openapi"] == "3.1.0"
    validate(document, cls=OpenAPIV31SpecValidator)


def test_it_is_the_same_bytes_everywhere(shared, service):
    """Asked for twice, and printed by the command."""
    served = service.browser().ask("GET", "/api/v1/openapi.json").body
    assert served == service.browser().ask("GET", "/api/v1/openapi.json").body == service.service.command("openapi").encode()
    other = shared.browser().ask("GET", "/api/v1/openapi.json").body
    assert served == other.replace(shared.url.encode(), service.service.url.encode())


def test_every_operation_says_enough(document):
    """A name of its own, a sentence, whom it lets in, how it ends well and how badly."""
    named = [told["operationId"] for _, _, told in operations(document)]
    assert len(set(named)) == len(named)
    for path, method, told in operations(document):
        assert told["summary"] and told["description"].endswith("."), path
        assert {status for status in told["responses"] if status < "300"} and "500" in told["responses"], path
        assert ("401" in told["responses"]) == bool(told["security"]), path
        if method in ("post", "put", "patch"):
            assert "requestBody" in told and "422" in told["responses"], path


def test_every_example_fits_its_schema(document):
    """Of bodies, answers, problems, parameters and headers: 3.1's schemas are JSON Schema 2020-12."""
    looked = 0
    for where, schema, example in examples(document):
        checker = Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())
        assert not [error.message for error in checker.iter_errors(example)], (where, example)
        looked += 1
    assert looked > 4 * len(operations(document))


def examples(document: dict):
    """Each example with its schema and where it stands."""
    for where, node in walked(document, "#"):
        if "example" in node and "schema" in node:
            yield where, node["schema"], node["example"]
        for name, one in node["examples"].items() if "schema" in node and "examples" in node else ():
            yield f"{where}/{name}", node["schema"], one["value"]
        if "data" in node and "example" in node:
            yield where, node["data"], node["example"]
        if isinstance(node.get("examples"), list):
            yield from ((where, node, one) for one in node["examples"])


def walked(node, where: str):
    """Every object in it, but none that is an example itself."""
    if isinstance(node, dict):
        yield where, node
        for name, inner in node.items():
            if name not in ("example", "examples", "value"):
                yield from walked(inner, f"{where}/{name}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from walked(inner, f"{where}/{number}")


def test_every_field_says_what_it_means(document):
    for name, schema in document["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            assert "$ref" in told or "items" in told or "anyOf" in told or (told.get("description") and told.get("examples")), (
                name, field)


def test_each_class_of_error_is_described_once():
    """A new one needs its row in explained.py, where /problems/<type> reads what to do."""
    assert set(EXPLAINED) == set(classes())


def test_header_fields_that_are_described_are_used(document):
    """None is described that no operation names."""
    text = json.dumps([document["paths"], document["components"]["responses"]])
    assert not [name for name in TAKEN if f'"name": "{name}"' not in text]
    assert not [name for name in GIVEN if f"#/components/headers/{name}" not in text]


def test_a_page_of_the_log_may_come_as_fhir_too(document):
    assert list(document["paths"]["/api/v1/audit-events"]["get"]["responses"]["200"]["content"]) == [
        "application/json", "application/fhir+json"]


def test_budgets_are_told_by_what_somebody_holds(document):
    assert document["paths"]["/api/v1/pools"]["get"]["description"].endswith("At most 600 a minute per token.")
    assert document["paths"]["/v1/conversation"]["get"]["description"].endswith("At most 600 a minute per session.")
