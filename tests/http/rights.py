"""Who may what, as a table: for each route the right it needs, and what becomes of those who lack it. One without a line fails.

The rights are those of desk/access.py; this table says which of them a route asks for, and nothing else decides.
"""

from flask import Flask

from securemsg.desk.access import ROLES, SCOPES
from tests.http.routes import ROUTES, Route

IN, SIGN_IN, BEGIN, UNKNOWN, FORBIDDEN, MISSING = "in", "sign in", "begin", "401", "403", "404"
ANYBODY = {  # what becomes of everybody alike, where that is not simply to be let in
    "measures.metrics": MISSING,  # where no token for it is set there is no such page
    **dict.fromkeys(("visitor.safety", "contact_forms.form", "contact_forms.send"), MISSING),  # no plugin is named here
    **dict.fromkeys(("elsewhere.leave", "elsewhere.back", "elsewhere.with_code"), MISSING),  # no provider is set here
    "elsewhere.code": SIGN_IN,  # for who comes back from one
    "door.enrol": SIGN_IN, "door.do_enrol": SIGN_IN,  # for who came by a one-time link
    "frame.window": UNKNOWN}  # for who has a ticket
VISITORS = {  # what becomes of who has no conversation here
    **dict.fromkeys(("visitor.conversation", "visitor.messages", "visitor.send", "visitor.events", "visitor.opened",
                     "visitor.close", "visitor.ticket", "visitor.end", "visitor.kept_receipts", "returning.code",
                     "returning.code_as_json", "places.listed", "places.end", "places.end_every", "places.end_one",
                     "places.end_all"), UNKNOWN),
    "places.everywhere": BEGIN, "erasing.question": BEGIN, "erasing.erase": IN, "erasing.erase_as_json": UNKNOWN,
    "contact.conversation": BEGIN, "contact.saved": BEGIN, "contact.forget": IN,  # forgotten is forgotten
    "contact.say": UNKNOWN, "contact.close": UNKNOWN, "contact_forms.file": UNKNOWN}
STAFF = {
    # endpoint: the right that a role must have, or one of several (None: whoever is signed in), what becomes of who is not
    "staff.inbox": (("inbox", "audit"), SIGN_IN),  # who has no lists is led on to the audit log
    "staff.conversation": ("read", SIGN_IN),
    "staff.reply": ("reply", SIGN_IN), "staff.note": ("note", SIGN_IN), "staff.claim": ("claim", SIGN_IN),
    "staff.release": ("claim", SIGN_IN), "staff.flag": ("claim", SIGN_IN), "staff.close": ("close", SIGN_IN),
    "staff.reopen": ("reopen", SIGN_IN), "staff.code": ("reply", SIGN_IN), "staff.events": ("events", UNKNOWN),
    "sending_on.page": ("claim", SIGN_IN), "sending_on.send": ("claim", SIGN_IN),
    "search.page": ("search", SIGN_IN), **dict.fromkeys(("oversight.page", "oversight.sheet"), ("audit", SIGN_IN)),
    **dict.fromkeys(("oversight.sign_off", "oversight.looked_into"), ("review", SIGN_IN)),
    **dict.fromkeys(("glass.page", "glass.break_glass"), (("break_glass", "inspect"), SIGN_IN)),
    **dict.fromkeys(("unsent.draft", "unsent.undo", "unsent.send_now", "templates.insert", "tools.done", "tools.retry",
                     "tools.dismiss"), ("reply", SIGN_IN)),
    "tools.run": ("read", SIGN_IN),  # each tool asks for a right of its own besides
    "templates.listed": ("reply", UNKNOWN),
    **dict.fromkeys(("templates.everything", "templates.blank", "templates.add", "templates.one", "templates.change",
                     "templates.remove"), ("templates", SIGN_IN)),
    **dict.fromkeys(("owner.clinic", "owner.save", "owner_plugins.everything", "owner_plugins.change",
                     "owner_plugins.retry", "owner_plugins.dismiss"), ("clinic", SIGN_IN)),
    **dict.fromkeys(("sessions.everywhere", "sessions.end_one", "sessions.end_others", "sessions.noticed",
                     "step_up.page", "step_up.confirm", "step_up.leave", "step_up.waiting_act",
                     "passkeys.add", "passkeys.remove", "door.sign_out"), (None, SIGN_IN)),
    **dict.fromkeys(("people.everyone", "people.add", "people.one", "people.roles", "people.link", "people.end",
                     "people.hand_over", "owner_sign_in.page", "owner_sign_in.save"), ("people", SIGN_IN)),
    "overview.page": ("counts", SIGN_IN),
    **dict.fromkeys(("pools.everything", "pools.add", "pools.put_people", "pools.route", "pools.remove"), ("pools", SIGN_IN)),
    **dict.fromkeys(("records.page", "records.export", "records.hold", "records.lift", "records.erase", "records.answer"),
                    ("hold", SIGN_IN)),
    **dict.fromkeys(("sessions.here", "sessions.stay"), (None, UNKNOWN))}
DONE = {  # what becomes of who is let in, where that looks otherwise
    "owner_plugins.change": MISSING,  # no plugin is named here
    "contact_forms.file": MISSING,  # nobody has sent one
    "places.end": MISSING,  # the session that the tests name is somebody else's
    "step_up.leave": MISSING, "step_up.waiting_act": MISSING,  # no provider is set here, and no act waits
    "passkeys.remove": MISSING, "sessions.noticed": MISSING,  # no such passkey is theirs, no such browser
    **dict.fromkeys(("people.one", "people.roles", "people.link", "people.end", "people.hand_over"), MISSING),  # no such person
    "oversight.looked_into": MISSING,  # nobody has broken any
    **dict.fromkeys(("pools.put_people", "pools.remove", "system.pool", "system.change_pool", "system.remove_pool"),
                    MISSING),  # there is no such pool
    "door.sign_out": SIGN_IN, "sessions.end_one": MISSING}  # the session that the tests name is somebody else's
SYSTEMS = {  # the right, of a role or of a token's scope
    **dict.fromkeys(("system.clinics", "system.clinic"), "card"),
    **dict.fromkeys(("system.conversations", "system.conversation"), "inbox"), "system.change": "claim",
    "system.messages": "read", "system.reply": "reply", "system.notes": "notes", "system.note": "note",
    "system.people": "see_people", **dict.fromkeys(("system.pools", "system.pool"), "see_pools"),
    **dict.fromkeys(("system.add_pool", "system.change_pool", "system.remove_pool"), "pools"),
    **dict.fromkeys(("system.templates", "system.template"), "see_templates"),
    **dict.fromkeys(("system.add_template", "system.change_template", "system.remove_template"), "templates"),
    "system.audit_events": "audit", "system.events": "events"}


def without_a_line(app_routes: list[Route]) -> set[str]:
    """Routes whose kind of people (ROUTES) this table knows nothing of."""
    return {route.endpoint for route in app_routes
            if route.who != "anybody" and route.endpoint not in VISITORS.keys() | STAFF.keys() | SYSTEMS.keys()}


def expected(route: Route, kind: str, rights: frozenset[str], at_home: bool) -> str:
    """What becomes of somebody: `kind` is nobody, visitor, staff or system, `rights` are what their roles or scopes allow;
    `at_home`: of the clinic that the request is about."""
    if route.endpoint in VISITORS:
        return DONE.get(route.endpoint, IN) if kind == "visitor" and at_home else VISITORS[route.endpoint]
    if route.endpoint in STAFF:
        right, otherwise = STAFF[route.endpoint]
        if kind != "staff" or not at_home:
            return otherwise
        wanted = {right} if isinstance(right, str) else set(right or ())
        return DONE.get(route.endpoint, IN) if right is None or wanted & rights else FORBIDDEN
    if route.endpoint in SYSTEMS:
        if kind not in ("staff", "system") or (kind == "staff" and not at_home):
            return UNKNOWN
        right = SYSTEMS[route.endpoint]
        there = DONE.get(route.endpoint, IN) if at_home or "<" not in route.rule else MISSING
        return there if right in rights else FORBIDDEN
    return ANYBODY.get(route.endpoint, IN)


def allowed(*names: str) -> frozenset[str]:
    """What roles or scopes allow together."""
    return frozenset().union(*((ROLES | SCOPES)[name] for name in names))


def lines(app: Flask) -> set[str]:
    """Endpoints in this table that no route has any more."""
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    return (ANYBODY.keys() | VISITORS.keys() | STAFF.keys() | SYSTEMS.keys() | ROUTES.keys()) - there
