"""The one gate: who may see and do what, one condition a line."""

from dataclasses import dataclass, field

from securemsg.errors import Forbidden

_AT_WORK = frozenset({"card", "inbox", "events", "read", "search", "reply", "notes", "note", "claim", "close", "reopen",
                      "see_people", "see_templates"})
_CLINICAL = _AT_WORK | {"unrouted", "break_glass"}
_WATCHES = frozenset({"card", "audit", "see_people"})  # who is meant by the ids of the log
_SETS = frozenset({"see_people", "see_pools", "pools", "see_templates", "templates"})
_COUNTS = frozenset({"card", "counts"}) | _SETS  # how much waits and for how long, and no conversation
ROLES = {
    # role: what it may do in its own clinic. In which conversations: reach.py, by pools; "unrouted" are those of no pool,
    # "every_pool" all there are, for what the same role may do. Who may "inspect" reads none of them but with a reason, and what
    # is read so is reviewed.
    "front_desk": _AT_WORK,
    "nurse": _CLINICAL,
    "doctor": _CLINICAL,
    "billing": _AT_WORK,
    "manager": _COUNTS | {"inbox", "events", "claim", "close", "reopen", "every_pool"},
    "compliance": _WATCHES | {"events", "review", "every_pool", "inspect", "hold", "erase", "export"},
    "owner": _COUNTS | {"clinic", "people", "audit", "webhooks", "keys"},  # who also works here has another role beside it: FIRST
    "staff": _CLINICAL,  # everything at work, where a clinic makes no difference between its people
    "auditor": _WATCHES,  # who did what, and never a word of what was said
}
FIRST = ("owner", "staff")  # of who sets up a clinic: most often the doctor, who answers too; or there would be nobody to
SCOPES = {
    # scope of a system's token: what it may do in its own clinic
    "clinics:read": frozenset({"card"}),
    "conversations:read": frozenset({"inbox"}),
    "conversations:write": frozenset({"claim", "close", "reopen"}),
    "messages:read": frozenset({"read"}),
    "messages:write": frozenset({"reply"}),
    "notes:read": frozenset({"notes"}),
    "notes:write": frozenset({"note"}),
    "people:read": frozenset({"see_people"}),
    "pools:read": frozenset({"see_pools"}),
    "pools:write": frozenset({"see_pools", "pools"}),  # who changes them has to see what they are
    "templates:read": frozenset({"see_templates"}),
    "templates:write": frozenset({"see_templates", "templates"}),
    "audit:read": frozenset({"audit"}),
    "events:read": frozenset({"events"}),
    "webhooks:write": frozenset({"webhooks"}),
}
_ALLOWS = {"staff": ROLES, "system": SCOPES}


@dataclass(frozen=True, slots=True)
class Who:
    """Who speaks to the desk: checked at the door, carried to the audit row.

    `kind` is visitor, staff, system or service. `address` is already coarse (/24 or /48), None for visitors.
    `roles` are a person's, of a system the scopes of its token; a system's `name` is the token's label.
    """

    kind: str
    clinic_id: str
    id: str = ""
    session_id: str = ""
    session_sha256: bytes = b""
    address: str | None = None
    request_id: str | None = None
    roles: frozenset[str] = frozenset()
    name: str = field(default="", repr=False)
    title: str | None = None

    def may(self, *acts: str) -> bool:
        """Whether one of the roles, or scopes, allows all these acts: one role's rights do not widen another's."""
        allows = _ALLOWS.get(self.kind, {})
        return any(allows[role].issuperset(acts) for role in self.roles if role in allows)


def require(who: Who, act: str) -> None:
    """Forbidden unless `who` may `act`. Another clinic's rows are out of reach before this: every query names the clinic."""
    if not who.may(act):
        raise Forbidden if who.kind != "system" else _lacks(act)


def _lacks(act: str) -> Forbidden:
    scope = next((scope for scope, acts in SCOPES.items() if act in acts), None)
    if scope is None:
        return Forbidden("No system may do this.")
    return Forbidden(f"This token lacks the scope {scope}.", members={"missing_scope": scope})
