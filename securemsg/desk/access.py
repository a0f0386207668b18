"""The one gate: who may see and do what, one condition a line."""

from dataclasses import dataclass, field

from securemsg.errors import Forbidden

_AT_WORK = frozenset({"card", "inbox", "events", "read", "search", "reply", "notes", "note", "claim", "close", "reopen"})
ROLES = {
    # role: what it may do in its own clinic
    "staff": _AT_WORK,
    "owner": _AT_WORK | {"clinic", "people", "audit", "webhooks"},
    "auditor": frozenset({"card", "audit"}),  # who did what, and never a word of what was said
}
SCOPES = {
    # scope of a system's token: what it may do in its own clinic
    "clinics:read": frozenset({"card"}),
    "conversations:read": frozenset({"inbox"}),
    "conversations:write": frozenset({"claim", "close", "reopen"}),
    "messages:read": frozenset({"read"}),
    "messages:write": frozenset({"reply"}),
    "notes:read": frozenset({"notes"}),
    "notes:write": frozenset({"note"}),
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

    def may(self, act: str) -> bool:
        """Whether one of the roles, or scopes, allows `act`."""
        allows = _ALLOWS.get(self.kind, {})
        return any(act in allows[role] for role in self.roles if role in allows)


def require(who: Who, act: str) -> None:
    """Forbidden unless `who` may `act`. Another clinic's rows are out of reach before this: every query names the clinic."""
    if not who.may(act):
        raise Forbidden if who.kind != "system" else _lacks(act)


def _lacks(act: str) -> Forbidden:
    scope = next((scope for scope, acts in SCOPES.items() if act in acts), None)
    if scope is None:
        return Forbidden("No system may do this.")
    return Forbidden(f"This token lacks the scope {scope}.", members={"missing_scope": scope})
