"""The one gate: who may see and do what, one condition a line."""

from dataclasses import dataclass, field

from securemsg.errors import Forbidden

ROLES = {
    # role: what it may do in its own clinic
    "staff": frozenset({"inbox", "read", "search", "reply", "note", "claim", "close", "reopen"}),
    "owner": frozenset({"inbox", "read", "search", "reply", "note", "claim", "close", "reopen", "clinic", "people"}),
}


@dataclass(frozen=True, slots=True)
class Who:
    """Who speaks to the desk: checked at the door, carried to the audit row.

    `kind` is visitor, staff, system or service. `address` is already coarse (/24 or /48), None for visitors.
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
        """Whether one of the roles allows `act`."""
        return any(act in ROLES[role] for role in self.roles if role in ROLES)


def require(who: Who, act: str) -> None:
    """Forbidden unless `who` may `act`. Another clinic's rows are out of reach before this: every query names the clinic."""
    if who.kind != "staff" or not who.may(act):
        raise Forbidden
