"""Pools: who works in which, and which categories' conversations go to it; changed on condition that it is as it was seen."""

from typing import Any

from werkzeug import Response

from securemsg.desk.system import pools as desk_pools
from securemsg.desk.system.pools import Wanted
from securemsg.errors import BadRequest, ConditionNeeded, Conflict, Refused, Stale, StepUpNeeded
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import created, nothing, ok, operation
from securemsg.http.system import answers, asked
from securemsg.http.system.door import blueprint, caller, decider
from securemsg.http.system.pool_shapes import NEW_POOL, POOL, POOL_CHANGE, POOLS

_CHANGING = (Stale, ConditionNeeded, Conflict, BadRequest, Refused, StepUpNeeded)


@blueprint.get("/pools")
@operation("List pools", "pools", "pools:read", query=asked.PAGE, gives=ok(POOLS, "Link"), budget="api", problems=(Refused,))
def pools() -> Response:
    """By their short names. A clinic without any shows every conversation to everybody at work there."""
    me = caller("see_pools")
    found = asked.query(asked.PAGE)
    return answers.listed(*desk_pools.page(desk(), me.home, me.who, found["cursor"], found["limit"]))


@blueprint.post("/pools")
@operation("Add a pool", "pools", "pools:write", body=NEW_POOL, query=asked.NONE, takes=("Idempotency-Key",), budget="api",
           gives=created(POOL, "ETag"), problems=(Conflict, BadRequest, StepUpNeeded))
def add_pool() -> Response:
    """Nobody works in it yet, and nothing goes to it."""
    me = decider("pools")
    asked.query(asked.NONE)
    said = schemas.body(NEW_POOL)
    facts = desk_pools.add(desk(), me.home, me.who, said["label"], said.get("name"), schemas.idempotency_key(), desk().clock())
    return answers.stated(facts, 201)


@blueprint.get("/pools/<uuid:pool>")
@operation("One pool", "pools", "pools:read", query=asked.NONE, takes=("If-None-Match",), gives=ok(POOL, "ETag"), budget="api",
           problems=(Refused,))
def pool(pool) -> Response:
    """Who works in it, what goes to it, and whether somebody reads it."""
    me = caller("see_pools")
    asked.query(asked.NONE)
    facts = desk_pools.one(desk(), me.home, me.who, str(pool))
    return answers.unchanged(answers.tag(facts)) or answers.stated(facts)


@blueprint.patch("/pools/<uuid:pool>")
@operation("Change a pool", "pools", "pools:write", body=POOL_CHANGE, query=asked.NONE, takes=("Idempotency-Key", "If-Match"),
           budget="api", gives=ok(POOL, "ETag"), problems=_CHANGING)
def change_pool(pool) -> Response:
    """Who works in it, which categories go to it, what people call it. It decides at once who reads what, in the conversations
    that are there too. Where somebody else was quicker nothing is done: 412, with the present state as `current`."""
    me = decider("pools")
    asked.query(asked.NONE)
    wanted = _wanted(schemas.body(POOL_CHANGE))
    return answers.stated(desk_pools.change(desk(), me.home, me.who, str(pool), wanted, asked.names(),
                                            schemas.idempotency_key(), desk().clock()))


@blueprint.delete("/pools/<uuid:pool>")
@operation("Remove a pool", "pools", "pools:write", query=asked.NONE, takes=("Idempotency-Key", "If-Match"), budget="api",
           gives=nothing(), problems=_CHANGING)
def remove_pool(pool) -> Response:
    """409 while categories go to it or a conversation in it is open. What was closed in it is again where its category's are."""
    me = decider("pools")
    asked.query(asked.NONE)
    desk_pools.remove(desk(), me.home, me.who, str(pool), asked.names(), schemas.idempotency_key(), desk().clock())
    return Response(status=204)


def _wanted(said: dict[str, Any]) -> Wanted:
    lists = {name: frozenset(map(str, said[name])) for name in ("members", "categories") if name in said}
    return Wanted(said.get("label"), **lists)
