"""What plugins add to the API, at /api/v1/<name>: by their declaration alone, behind all that stands before the rest of it."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, request
from werkzeug import Response

from securemsg.answers import Call, Resource
from securemsg.desk import plugin_calls
from securemsg.desk.access import SCOPES
from securemsg.desk.plugin_schemas import schema
from securemsg.errors import BadRequest, Conflict, Forbidden, Misconfigured, Missing, Refused
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import Given, nothing, operation
from securemsg.http.system import asked, door
from securemsg.registry import Registry

_NAME = re.compile(r"[a-z][a-z-]{1,39}")
_PATHS = re.compile(r"(/<id>(/[a-z]{1,40})?)?")
_WORDS = re.compile(r"<(\w+)>")  # what an address gives its call
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TAGS = "securemsg.tags"  # of the application: what each resource is, for the document


def init(app: Flask, registry: Registry) -> None:
    """Add them. Misconfigured where one cannot be added: its address is another's, say, or there is no such scope."""
    tags = app.extensions.setdefault(_TAGS, {})
    for plugin, found in registry.declared("resources", lambda _: {}):
        for resource in found:
            _check(app, plugin, resource)
            app.register_blueprint(_blueprint(plugin, resource))
            tags[resource.name] = resource.text


def tags(app: Flask) -> dict[str, str]:
    """By name what each is."""
    return app.extensions.get(_TAGS, {})


def _check(app: Flask, plugin: str, resource: Resource) -> None:
    there = {rule.rule.split("/")[3] for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    wrong = [f"{call.method} {call.path}" for call in resource.calls
             if call.method not in _METHODS or not _PATHS.fullmatch(call.path) or call.scope not in SCOPES]
    if not _NAME.fullmatch(resource.name) or resource.name in there | set(app.blueprints):
        raise Misconfigured(f"The plugin {plugin} declares the resource {resource.name}, which is no name for one (small letters)"
                            " or is there already: call it otherwise.")
    if wrong:
        raise Misconfigured(f"The resource {resource.name} of the plugin {plugin} declares {wrong[0]!r}: a call has a method, a"
                            " path like /<id> or /<id>/word, and a scope that exists.")
    if taken := sorted({name for call in resource.calls for name in _loaded(call) & ({"desk"} | set(_WORDS.findall(call.path)))}):
        raise Misconfigured(f"The resource {resource.name} of the plugin {plugin} takes a field {taken[0]!r}, which its call"
                            " is given already, by the address or by this service: call the field otherwise.")


def _loaded(call: Call) -> set[str]:
    """What its fields are called when they reach the plugin."""
    fields = schema(call.takes).fields if call.takes else {}
    return {field.attribute or name for name, field in fields.items()}


def _blueprint(plugin: str, resource: Resource) -> Blueprint:
    blueprint = Blueprint(resource.name, __name__, url_prefix=f"/api/v1/{resource.name}")
    blueprint.register_error_handler(Missing, door.nothing_there)
    blueprint.register_error_handler(Forbidden, door.not_allowed)
    for call in resource.calls:
        name = "_".join([call.method.lower(), *re.findall(r"\w+", call.path)])
        blueprint.add_url_rule(call.path, name, _described(resource, call, _view(plugin, call)), methods=[call.method])
    return blueprint


def _view(plugin: str, call: Call) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        who = door.holder(call.scope).who
        asked.query(asked.NONE)
        if call.method == "GET":
            return schemas.answer(plugin_calls.look(desk(), who, _asked(plugin, call, path), desk().clock()))
        given = schemas.body(_takes(call)) if call.method != "DELETE" else {}
        done = plugin_calls.act(desk(), who, _asked(plugin, call, given | path), schemas.idempotency_key(), request.get_data(),
                                desk().clock())
        return schemas.answer(done, call.status) if call.gives else Response(status=204)

    return view


def _asked(plugin: str, call: Call, values: dict[str, Any]) -> plugin_calls.Asked:
    return plugin_calls.Asked(plugin, f"{call.method} {request.url_rule}", call.run, values)


def _takes(call: Call) -> Any:
    return schema(call.takes) if call.takes else schemas.NOTHING


def _described(resource: Resource, call: Call, view: Callable[..., Response]) -> Callable[..., Response]:
    """As it stands in the document."""
    view.__doc__ = call.text
    given = Given(call.status, "Here it is.", schema(call.gives)) if call.gives else nothing()
    declares: dict[str, Any] = {"gives": given, "query": asked.NONE, "budget": "api", "problems": (Refused,)}
    if call.method != "GET":
        declares |= {"takes": ("Idempotency-Key",), "problems": (Refused, Conflict, BadRequest)}
    if call.method not in ("GET", "DELETE"):
        declares |= {"body": _takes(call)}
    return operation(call.title, resource.name, call.scope, **declares)(view)
