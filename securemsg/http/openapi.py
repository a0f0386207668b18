"""The API's description, OpenAPI 3.1, from the routes' declarations (operations.py), their shapes and the table of limits."""

import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import groupby
from types import MappingProxyType
from typing import Any

import orjson
from apispec import APISpec
from apispec.core import Components
from flask import Flask
from marshmallow import Schema

from securemsg.errors import Conflict, Error, Limited, Stale, Unavailable
from securemsg.http import header_fields, introduction, problem_shapes, resources
from securemsg.http.examples import example
from securemsg.http.json_schema import Kinds, Plugin
from securemsg.http.limits import LIMITS
from securemsg.http.operations import ANYBODY, VISITOR, Event, Given, Operation
from securemsg.http.problems import PROBLEM_JSON

_LIMITS = ("RateLimit", "RateLimit-Policy")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def written(app: Flask, public_url: str, kinds: Kinds) -> bytes:
    """The document of this application at this address, with the kinds of messages of its plugins; the same bytes each time."""
    return orjson.dumps(document(app, public_url, kinds), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def document(app: Flask, public_url: str, kinds: Kinds = MappingProxyType({})) -> dict[str, Any]:
    """The document. Its paths stand in the order of the tags, and of the routes within each."""
    plugin = Plugin(kinds)
    spec = APISpec("securemsg", version("securemsg"), "3.1.0", plugins=[plugin], servers=[{"url": public_url}],
                   info={"description": introduction.as_markdown(), "license": {"name": "MIT", "identifier": "MIT"}},
                   tags=[{"name": name, "description": text} for name, text in _tags(app).items()])
    for scheme, how in introduction.SECURITY.items():
        spec.components.security_scheme(scheme, how)
    for name, field in header_fields.GIVEN.items():
        spec.components.header(name, {"description": field.text, "schema": field.schema, "example": field.example})
    assert plugin.converter  # since the document was begun with it
    writer = _Writer(spec.components, problem_shapes.shapes(public_url), plugin.converter.resolve_nested_schema)
    for rule, methods in described(app).items():
        spec.path(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule), operations={
            method.lower(): writer.operation(name, declared, rule) for method, (name, declared) in methods.items()})
    return spec.to_dict()


def described(app: Flask) -> dict[str, dict[str, tuple[str, Operation]]]:
    """By rule and method, in the order of the tags and of the routes: the endpoint's name and its declaration."""
    found = [(rule.rule, method, rule.endpoint, declared) for rule in app.url_map.iter_rules()
             if (declared := getattr(app.view_functions[rule.endpoint], "operation", None))
             for method in _METHODS if method in (rule.methods or ())]
    tags = list(_tags(app))
    found.sort(key=lambda each: tags.index(each[3].tag))
    by_rule: dict[str, dict[str, tuple[str, Operation]]] = {}
    for rule, method, endpoint, declared in found:
        by_rule.setdefault(rule, {})[method] = endpoint.replace(".", "_"), declared
    return by_rule


def _tags(app: Flask) -> dict[str, str]:
    """Those of the service, then those that plugins add."""
    return introduction.TAGS | resources.tags(app)


class _Writer:
    """Writes one operation; knows the problems' shapes, and how to name a shape that stands where apispec does not look."""

    def __init__(self, components: Components, problems: dict[type[Error], Schema], named: Callable[[Schema], Any]):
        self._components, self._shapes, self._named = components, problems, named

    def operation(self, name: str, declared: Operation, rule: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "operationId": name, "summary": declared.summary, "description": _described(declared), "tags": [declared.tag],
            "security": _security(declared), "parameters": list(_parameters(declared, rule))}
        if declared.body:
            content = {"schema": declared.body, "example": example(declared.body)}
            told["requestBody"] = {"required": True, "content": {"application/json": content}}
        good = {str(given.status): self._good(given, declared) for given in declared.gives}
        if "If-None-Match" in declared.takes:
            good["304"] = {"description": "It is what you have.", "headers": _headers(("ETag",), declared)}
        told["responses"] = good | self._problems(declared, rule)
        return told

    def _problems(self, declared: Operation, rule: str) -> dict[str, Any]:
        """References by status: the same classes are described once for all operations."""
        classes = sorted(set(declared.errors(rule)), key=lambda error: (error.status, error.__name__))
        return {str(status): self._problem(list(some)) for status, some in groupby(classes, key=lambda error: error.status)}

    def _problem(self, classes: list[type[Error]]) -> str:
        name = "Or".join(error.__name__ for error in classes)
        if name not in self._components.responses:
            self._components.response(name, self._described(classes))
        return name

    def _described(self, classes: list[type[Error]]) -> dict[str, Any]:
        shapes = [self._shapes[error] for error in classes]
        content = {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}, "examples": {
            error.type: {"summary": error.title, "value": example(shape)} for error, shape in zip(classes, shapes, strict=True)}}
        waits = any(issubclass(error, (Conflict, Limited, Unavailable)) for error in classes)
        state, asks = Stale in classes, any(error.status == 401 for error in classes)
        beside = ("Retry-After",) * waits + ("ETag",) * state + ("WWW-Authenticate",) * asks
        return {"description": "; or ".join(error.title for error in classes) + ".", "content": {PROBLEM_JSON: content},
                "headers": {name: name for name in beside + _LIMITS}}

    def _good(self, given: Given, declared: Operation) -> dict[str, Any]:
        told: dict[str, Any] = {"description": given.text, "headers": _headers(given.headers, declared)}
        if given.schema:
            told["content"] = {"application/json": {"schema": given.schema, "example": example(given.schema)}}
        if given.other_type:
            told["content"][given.other_type] = {"schema": {"type": "object"}}
        if given.events:
            told.setdefault("content", {})["text/event-stream"] = {
                "schema": {"anyOf": [self._event(event) for event in given.events]},
                "examples": {event.name: {"summary": event.text, "value": _heard(event)} for event in given.events}}
        return told

    def _event(self, event: Event) -> dict[str, Any]:
        """One event as its fields; its data is JSON within a text."""
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": self._named(event.data)}
        id = {"id": {"type": "string", "description": event.id}} if event.id else {}
        return {"type": "object", "description": event.text, "required": ["event", *id, "data"],
                "properties": {"event": {"const": event.name}, **id, "data": data}}


def _described(declared: Operation) -> str:
    """Its docstring, the right it needs, and the budgets it counts in."""
    session = "token" if declared.needs_scope else "session"  # which count as one
    amounts = [f"{amount.replace(' per 1 minute', ' a minute').replace(' per 1 hour', ' an hour')} per"
               f" {session if whom == 'session' else whom}" for name, whom, amount, _ in LIMITS if name == declared.budget]
    scope = f"Needs the scope `{declared.who}`." if declared.needs_scope else ""
    limit = f"At most {', '.join(amounts)}." if amounts else ""
    return "\n\n".join(filter(None, (declared.text, " ".join(filter(None, (scope, limit))))))


def _security(declared: Operation) -> list[dict[str, list[str]]]:
    if declared.who == ANYBODY:
        return []
    if declared.who == VISITOR:
        return [{"visitorToken": []}, {"visitorCookie": []}]
    return [{"token": [declared.who]}, {"staffCookie": []}]


def _parameters(declared: Operation, rule: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"<(?:\w+:)?(\w+)>", rule):
        field = header_fields.PATH[name]
        yield {"in": "path", "name": name, "required": True, "description": field.text, "schema": field.schema,
               "example": field.example}
    if declared.query:
        yield {"in": "query", "schema": declared.query}
    for name in declared.takes:
        field = header_fields.TAKEN[name]
        required = field.required and name not in declared.optional
        yield {"in": "header", "name": name, "required": required, "description": field.text, "schema": field.schema,
               "example": field.example}


def _heard(event: Event) -> dict[str, str]:
    """An event's fields as somebody hears them."""
    id = {"id": "3"} if event.id else {}
    return {"event": event.name, **id, "data": orjson.dumps(example(event.data)).decode()}


def _headers(names: tuple[str, ...], declared: Operation) -> dict[str, str]:
    return {name: name for name in (*names, *(_LIMITS if declared.budget else ()))}
