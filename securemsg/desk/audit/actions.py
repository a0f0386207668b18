"""Every act that the audit log knows, and what kind of act it is for other systems (FHIR R4, IHE Basic Audit Log Patterns).

A test reads the code: an act that is written to the log and does not stand here fails the suite.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`crud` is FHIR's AuditEvent.action (C R U D, E: carried out), `interaction` its subtype; a `dicom` code stands for what is
    no access to a record (DICOM PS3.16, CID 400): 110106 export, 110107 import, 110113 security alert, 110114 signing in."""

    crud: str
    interaction: str = ""
    dicom: str = ""


READ, CREATE, UPDATE, DELETE = Kind("R", "read"), Kind("C", "create"), Kind("U", "update"), Kind("D", "delete")
SEARCH = Kind("E", "search")
EXPORT, IMPORT, ALERT, SIGN_IN = (Kind(crud, dicom=code) for crud, code in (
    ("R", "110106"), ("C", "110107"), ("E", "110113"), ("E", "110114")))
ACTIONS: dict[str, Kind] = {
    **dict.fromkeys((
        "conversation.read", "conversation.seen", "todos.read", "values.read", "audit.read", "audit.reviewed",
        "glass.reviewed", "service.drill"), READ),
    **dict.fromkeys((
        "conversations.searched",), SEARCH),
    **dict.fromkeys((
        "conversation.opened", "message.sent", "note.added", "person.added", "person.invited", "pool.added", "clinic.added",
        "template.added", "todo.added", "task.scheduled", "token.added", "passkey.added", "name.taken", "hold.placed",
        "erasure.requested", "erasure.refused", "return.offered", "return.code", "session.ticket", "session.carried",
        "service.init"), CREATE),
    **dict.fromkeys((
        "conversation.claimed", "conversation.released", "conversation.closed", "conversation.reopened",
        "conversation.urgent", "conversation.normal", "conversation.handed_over", "conversation.sent_on", "conversation.tagged",
        "conversation.changed", "reply.undone", "reply.withheld", "todo.done", "tool.used", "values.kept", "answer.promised",
        "delivery.retried", "delivery.set_aside", "delivery.dismissed", "clinic.changed", "plugin.changed",
        "provider.changed", "template.changed", "category.routed", "person.roles_changed", "person.pools_changed",
        "pool.renamed", "person.enrolled", "token.rotated", "retention.changed", "retention.resumed", "hold.lift_asked",
        "hold.lifted", "keys.moved", "keys.root_rotated", "keys.epoch_rotated", "keys.rotated"), UPDATE),
    **dict.fromkeys((
        "conversation.erased", "message.erased", "person.erased", "template.removed", "todo.withdrawn", "task.cancelled",
        "name.given", "pool.removed", "person.disabled", "token.revoked", "passkey.removed", "session.ended", "provider.removed",
        "keys.destroyed", "keys.epoch_destroyed"), DELETE),
    **dict.fromkeys((
        "conversation.exported", "person.exported", "audit.exported", "service.backup"), EXPORT),
    **dict.fromkeys((
        "conversation.imported", "service.restored"), IMPORT),
    **dict.fromkeys((
        "conversation.refused", "conversation.put_back", "audit.accepted", "message.unverified", "glass.broken", "glass.missed",
        "staff.new_browser", "device.noticed", "return.refused", "return.blocked", "token.refused", "plugin.failed"), ALERT),
    **dict.fromkeys((
        "staff.signed_in", "staff.sign_in_failed", "staff.link_used", "staff.link_refused", "staff.stepped_up",
        "staff.step_up_failed", "staff.signed_out", "session.returned"), SIGN_IN),
}


def kind(action: str) -> Kind:
    """What kind of act it is; of one that an older or newer version wrote, that something was carried out."""
    return ACTIONS.get(action, Kind("E", "operation"))
