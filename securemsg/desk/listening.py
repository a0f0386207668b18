"""Which plugin hears of an event, and how: decided where the event is written, in the same transaction."""

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.store.outbox import Told

_SAID = ("message.sent", "conversation.opened")
_HOOKS = {"conversation.closed": "conversation_closed", "conversation.erased": "conversation_erased",
          "staff.new_browser": "new_browser"}
PLUGIN = "plugin:"  # what a plugin's `Who.kind` begins with; its name follows


def told(desk: Desk, who: Who, kind: str) -> Told:
    """Plugin and hook of each delivery. A plugin does not hear of what it did itself, so none answers its own answer; nobody
    hears of what belongs to no clinic."""
    if not desk.registry.names or who.clinic_id == SERVICE:
        return ()
    own = who.kind.removeprefix(PLUGIN)
    return tuple((plugin, hook) for hook in hooks(kind, who.kind) for plugin in desk.registry.listeners(hook) if plugin != own)


def hooks(kind: str, by: str) -> tuple[str, ...]:
    """How an event of this kind is told, by whom it was caused: a visitor, or somebody of the clinic's."""
    hook = ("message_received" if by == "visitor" else "reply_sent") if kind in _SAID else _HOOKS.get(kind)
    return (hook, "happened") if hook else ("happened",)
