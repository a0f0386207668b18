"""What was done, in the plain words of the log: every act that no conversation's page shows. A test finds one that is missing."""

from securemsg.http import trail

_SAID = {
    "audit.read": "looked into the log", "audit.reviewed": "signed the sample of the day",
    "audit.accepted": "answered for a log that is not as it was written", "audit.exported": "took the log along",
    "category.routed": "sent a topic to a pool", "clinic.added": "added the clinic",
    "clinic.changed": "changed what the clinic says", "conversation.changed": "changed the conversation",
    "conversation.refused": "was refused: not in their pools", "conversation.exported": "exported the conversation",
    "conversation.erased": "erased the conversation", "conversation.handed_over": "handed the conversation over",
    "delivery.dismissed": "let go of a delivery that had failed", "delivery.retried": "tried a delivery once more",
    "device.noticed": "came with an unknown browser", "glass.broken": "opened it by emergency access",
    "glass.missed": "tried emergency access, without a right reference", "glass.reviewed": "looked into an emergency access",
    "hold.placed": "placed a legal hold", "hold.lifted": "lifted a legal hold", "keys.destroyed": "destroyed old keys",
    "keys.epoch_destroyed": "destroyed an old key of the keystore", "keys.epoch_rotated": "renewed the keystore’s key",
    "keys.moved": "moved everything to the clinic’s new keys", "keys.root_rotated": "renewed the root key",
    "keys.rotated": "renewed the clinic’s keys",
    "message.erased": "erased a message", "passkey.added": "added a passkey", "passkey.removed": "removed a passkey",
    "person.added": "added a person", "person.disabled": "ended a person’s access",
    "person.enrolled": "signed in for the first time", "person.erased": "erased what is known of a person",
    "person.exported": "exported all of a person’s conversations", "person.invited": "made a sign-in link",
    "person.pools_changed": "changed a person’s pools", "person.roles_changed": "changed a person’s roles",
    "plugin.changed": "changed a plugin’s settings", "plugin.failed": "failed, as a plugin", "pool.added": "added a pool",
    "pool.removed": "removed a pool", "pool.renamed": "gave a pool another name",
    "provider.changed": "changed where staff sign in", "provider.removed": "removed a place where staff sign in",
    "retention.changed": "changed how long things are kept",
    "retention.resumed": "said that all is held again, so that old things are erased", "service.backup": "made a backup",
    "service.drill": "tried whether a backup opens", "service.init": "set the service up",
    "service.restored": "restored a backup",
    "session.carried": "went on in a window of their own", "session.ended": "ended a sign-in",
    "session.ticket": "asked to go on in a window of their own", "staff.link_refused": "came with a sign-in link that is none",
    "staff.link_used": "used a sign-in link", "staff.new_browser": "signed in with a new browser",
    "staff.sign_in_failed": "failed to sign in", "staff.signed_in": "signed in", "staff.signed_out": "signed out",
    "staff.step_up_failed": "failed to confirm", "staff.stepped_up": "confirmed that it is they",
    "template.added": "wrote a ready reply", "template.changed": "changed a ready reply",
    "template.removed": "removed a ready reply", "token.added": "made a token", "token.refused": "was refused: a token",
    "token.revoked": "revoked a token", "token.rotated": "replaced a token", "values.read": "read what a plugin keeps"}


def said(action: str) -> str:
    """An act in plain words; its name in the log where an older or newer version wrote it."""
    return _SAID.get(action) or trail.said(action)
