"""All tables on one page.

Every row belongs to a clinic: keys are (clinic_id, id), references are composite, ids are UUIDv7 made by the
application. `*_at` and `*_until` are microseconds since 1970 UTC; `sealed` columns hold crypto/envelope.py's format.
"""

from sqlalchemy import (
    UUID,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as text_clause

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})

Id = String(36).with_variant(UUID(as_uuid=False), "postgresql")
Flag = SmallInteger  # 0 or 1, on both databases


def id_(name: str, null: bool = False) -> Column:
    return Column(name, Id, nullable=null)


def text(name: str, null: bool = False, default: str | None = None) -> Column:
    return Column(name, Text, nullable=null, server_default=default)


def number(name: str, null: bool = False, default: int | None = None) -> Column:
    return Column(name, BigInteger, nullable=null, server_default=None if default is None else str(default))


def at(name: str, null: bool = True) -> Column:
    return Column(name, BigInteger, nullable=null)


def sealed(name: str = "sealed", null: bool = True) -> Column:
    return Column(name, LargeBinary, nullable=null, info={"sealed": True})


def hashed(name: str, null: bool = False) -> Column:
    return Column(name, LargeBinary, nullable=null)


def flag(name: str) -> Column:
    return Column(name, Flag, nullable=False, server_default="0")


def to(column: str, target: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["clinic_id", column], [f"{target}.clinic_id", f"{target}.id"])


def unique(*columns: str) -> UniqueConstraint:
    return UniqueConstraint("clinic_id", *columns)


def listed(name: str, *columns: str) -> Index:
    return Index(name, "clinic_id", *columns)


def partial(name: str, where: str, *columns: str) -> Index:
    """An index of the few rows that wait, among any number that are done."""
    return Index(name, *columns, sqlite_where=text_clause(where), postgresql_where=text_clause(where))


def numbered(table: str) -> Index:
    """Each number once. Rows wait for theirs, and those that wait need no place in the index."""
    given = text_clause("number IS NOT NULL")
    return Index(f"uq_{table}_number", "clinic_id", "number", unique=True, sqlite_where=given, postgresql_where=given)


def waiting(table: str) -> Index:
    """The few rows that wait for their number, among any number that have theirs."""
    missing = text_clause("number IS NULL")
    return Index(f"ix_{table}_waiting", "clinic_id", "id", sqlite_where=missing, postgresql_where=missing)


def of_clinic(name: str, *parts, free: bool = False) -> Table:
    """A table of rows with ids of their own. `free` rows may belong to the nil clinic, so nothing refers to clinics."""
    home = [] if free else [ForeignKeyConstraint(["clinic_id"], ["clinics.id"])]
    return Table(name, metadata, id_("clinic_id"), id_("id"), *parts, *home, PrimaryKeyConstraint("clinic_id", "id"))


# The clinic and what it says of itself
clinics = Table(
    "clinics", metadata, id_("id"), text("slug"), text("timezone"), text("locale"), text("emergency_number"), text("profile"),
    text("origins"), text("theme"), number("version", default=1), at("created_at", null=False), at("closed_at"),
    PrimaryKeyConstraint("id"), UniqueConstraint("slug"))
hours = of_clinic("hours", id_("category_id", null=True), text("weekly"), at("valid_from", null=False), at("valid_to"))
pauses = of_clinic("pauses", text("reason"), id_("by_id"), at("from_at", null=False), at("until_at"), id_("category_id", null=True))
pools = of_clinic("pools", text("name"), text("label"), unique("name"))
categories = of_clinic(
    "categories", text("name"), text("label"), number("position"), flag("open"), text("contact"), number("daily_cap", null=True),
    id_("pool_id", null=True), number("retention_days", null=True), text("wording", null=True), at("closed_at"),
    hashed("pool_mac", null=True), to("pool_id", "pools"), unique("name"))
wordings = of_clinic(
    "wordings", text("purpose"), text("language"), number("version"), text("body"), hashed("body_sha256"),
    at("created_at", null=False), unique("purpose", "language", "version"))

# Keys, wrapped
keys = of_clinic(
    "keys", text("scope"), text("purpose"), text("period", null=True), number("version"), hashed("wrapped"), text("wrapped_by"),
    text("state"), at("created_at", null=False), unique("purpose", "version", "period"), free=True)
conversation_keys = Table(
    "conversation_keys", metadata, id_("clinic_id"), id_("conversation_id"), number("version"), hashed("wrapped", null=True),
    number("wrapped_by"), text("state"), PrimaryKeyConstraint("clinic_id", "conversation_id", "version"),
    to("conversation_id", "conversations"))
keystores = of_clinic(  # which keystore each running process works with: its newest epoch; `id` is the process's own, of the nil clinic
    "keystores", text("node"), text("epoch"), at("seen_at", null=False), free=True)

# Conversations
conversations = of_clinic(
    "conversations", text("reference"), id_("pool_id", null=True), id_("category_id"), text("about"), text("language"), text("urgency"),
    text("waiting_on"), id_("claimed_by", null=True), at("claimed_at"), at("snoozed_until"), at("closed_at"),
    text("closed_reason", null=True), text("held_reason", null=True), number("identity_level", default=0), at("promised_at"),
    id_("subject_id", null=True), id_("previous_id", null=True), number("hold_count", default=0), at("retain_until"),
    number("version", default=1), number("last_seq", default=0), number("note_seq", default=0), number("unread_staff", default=0),
    number("unread_visitor", default=0), at("created_at", null=False), at("last_at", null=False), at("waiting_since"), hashed("head"),
    number("key_version", default=1), sealed("name"), hashed("mac"), at("erased_at"),
    hashed("place_mac", null=True), to("pool_id", "pools"), to("category_id", "categories"),
    to("subject_id", "subjects"), to("claimed_by", "people"),
    unique("reference"), listed("ix_conversations_inbox", "closed_at", "urgency", "waiting_since"),
    listed("ix_conversations_last", "last_at"), listed("ix_conversations_created", "created_at", "id"),
    Index("ix_conversations_waiting", "clinic_id", "waiting_since", "id", sqlite_where=text_clause("waiting_since IS NOT NULL"),
          postgresql_where=text_clause("waiting_since IS NOT NULL")),
    partial("ix_conversations_pool", "pool_id IS NOT NULL", "clinic_id", "pool_id"))
messages = of_clinic(
    "messages", id_("conversation_id"), number("seq"), text("author_kind"), id_("author_id", null=True), text("on_behalf_of", null=True),
    text("kind"), number("kind_version", default=1), text("language", null=True), flag("alert"), id_("replaces_id", null=True),
    at("retracted_at"), at("received_at", null=False), at("client_at"), hashed("ct_sha256"), hashed("head"), sealed(),
    to("conversation_id", "conversations"), unique("conversation_id", "seq"))
notes = of_clinic(
    "notes", id_("conversation_id"), number("seq"), id_("author_id", null=True), at("received_at", null=False), hashed("ct_sha256"), sealed(),
    to("conversation_id", "conversations"), to("author_id", "people"), unique("conversation_id", "seq"))
openings = of_clinic(
    "openings", id_("conversation_id"), text("reader_kind"), id_("reader_id", null=True), text("role", null=True), number("upto_seq"),
    at("opened_at", null=False), hashed("mac", null=True), to("conversation_id", "conversations"),
    listed("ix_openings_conversation", "conversation_id", "reader_kind", "upto_seq"))
consents = of_clinic(
    "consents", id_("conversation_id"), id_("wording_id"), hashed("text_sha256"), text("locale"), at("given_at", null=False),
    to("conversation_id", "conversations"), to("wording_id", "wordings"), listed("ix_consents_conversation", "conversation_id"))
contacts = of_clinic(
    "contacts", id_("conversation_id"), text("channel"), sealed(), hashed("blind_index", null=True), number("index_version", null=True),
    at("verified_at"), flag("safe_to_use"), text("consent", null=True), at("bounced_at"),
    to("conversation_id", "conversations"), listed("ix_contacts_blind_index", "blind_index"),
    listed("ix_contacts_conversation", "conversation_id"))
subjects = of_clinic("subjects", sealed(), at("created_at", null=False))
relations = of_clinic(
    "relations", id_("subject_id"), id_("conversation_id"), text("relation"), text("scope"), at("starts_at"), at("ends_at"),
    id_("vouched_by", null=True), to("subject_id", "subjects"), to("conversation_id", "conversations"), to("vouched_by", "people"))
attachments = of_clinic(
    "attachments", id_("message_id"), sealed("name"), sealed("media_type"), number("size"), hashed("sha256"), at("scanned_at"),
    text("state"), to("message_id", "messages"))

# People
people = of_clinic(
    "people", sealed("name"), sealed("email"), hashed("email_index"), number("index_version"), text("title", null=True),
    at("created_at", null=False), at("enrolled_at"), at("disabled_at"), unique("email_index"))
person_roles = Table(
    "person_roles", metadata, id_("clinic_id"), id_("person_id"), text("role"), hashed("mac"), at("granted_at"),
    PrimaryKeyConstraint("clinic_id", "person_id", "role"),
    to("person_id", "people"))
pool_members = Table(
    "pool_members", metadata, id_("clinic_id"), id_("pool_id"), id_("person_id"), hashed("mac", null=True),
    at("granted_at"), PrimaryKeyConstraint("clinic_id", "pool_id", "person_id"),
    to("pool_id", "pools"), to("person_id", "people"))
credentials = of_clinic(
    "credentials", id_("person_id"), text("kind"), text("hash", null=True), sealed(), number("last_step", default=0),
    hashed("mac"), at("created_at", null=False), at("used_at"), to("person_id", "people"), listed("ix_credentials_person", "person_id", "kind"))
devices = of_clinic(  # browsers that signed in as a person before: a stranger's guesses do not slow them
    "devices", id_("person_id"), sealed("name"), hashed("token_sha256", null=True), hashed("mac", null=True), at("first_at", null=False),
    at("last_at"), at("noticed_at"), to("person_id", "people"), Index("uq_devices_token", "clinic_id", "token_sha256", unique=True),
    partial("ix_devices_new", "noticed_at IS NULL", "clinic_id", "person_id"))
providers = of_clinic(  # where a clinic's staff can sign in elsewhere (OpenID Connect): one at most
    "providers", text("name"), text("issuer"), text("client_id"), sealed("secret"), hashed("mac"), at("changed_at", null=False),
    flag("asks_second_factor"), UniqueConstraint("clinic_id"))
invites = of_clinic(
    "invites", id_("person_id"), hashed("secret_sha256"), hashed("mac"), at("created_at", null=False), at("expires_at", null=False), at("used_at"),
    to("person_id", "people"), unique("secret_sha256"))
staff_sessions = of_clinic(
    "staff_sessions", id_("person_id"), hashed("token_sha256"), hashed("mac"), text("stage"), number("epoch", default=1), at("created_at", null=False),
    at("last_used_at", null=False), at("idle_until", null=False), at("absolute_until", null=False), at("step_up_at"), at("ended_at"),
    sealed("address"), sealed("draft"), id_("device_id", null=True), to("person_id", "people"), unique("token_sha256"))
attempts = Table(  # sign-in counters live here, so that losing a cache closes nothing and opens nothing
    "attempts", metadata, id_("clinic_id"), hashed("subject"), number("failures"), at("first_at", null=False), at("blocked_until"),
    PrimaryKeyConstraint("clinic_id", "subject"))

# Sessions of visitors and systems
visitor_sessions = of_clinic(
    "visitor_sessions", id_("conversation_id"), hashed("token_sha256"), hashed("mac"), text("via"), at("created_at", null=False), at("last_used_at"),
    at("expires_at"), at("ended_at"), to("conversation_id", "conversations"), unique("token_sha256"),
    listed("ix_visitor_sessions_conversation", "conversation_id"))
tickets = of_clinic(
    "tickets", id_("session_id"), hashed("secret_sha256"), hashed("mac"), at("expires_at", null=False), at("used_at"),
    to("session_id", "visitor_sessions"), unique("secret_sha256"))
returns = of_clinic(  # links in mails that open a conversation on another device, once, with a code that comes by another way
    "returns", id_("conversation_id"), hashed("secret_sha256"), hashed("mac"), at("created_at", null=False),
    at("expires_at", null=False), at("used_at"), to("conversation_id", "conversations"), unique("secret_sha256"),
    Index("ix_returns_expires_at", "expires_at"))
return_codes = Table(  # the newest code of a conversation, as a MAC over its six digits
    "return_codes", metadata, id_("clinic_id"), id_("conversation_id"), hashed("code_mac"), at("expires_at", null=False),
    PrimaryKeyConstraint("clinic_id", "conversation_id"), to("conversation_id", "conversations"))
api_tokens = of_clinic(
    "api_tokens", hashed("token_sha256"), text("label"), text("scopes"), at("created_at", null=False), at("expires_at", null=False),
    at("last_used_at"), at("ended_at"), hashed("mac", null=True), id_("replaced_by_id", null=True), unique("token_sha256"))
revocations = of_clinic("revocations", text("subject_kind"), id_("subject_id"), at("revoked_at", null=False), listed("ix_revocations_at", "revoked_at"))

# What happened
events = of_clinic(
    "events", number("number", null=True), text("kind"), id_("conversation_id", null=True), id_("object_id", null=True),
    number("seq", null=True), at("happened_at", null=False), numbered("events"), waiting("events"), free=True)
audit = of_clinic(
    "audit", number("number", null=True), at("happened_at", null=False), text("node"), text("actor_kind"), id_("actor_id", null=True),
    hashed("session_sha256", null=True), text("action"), text("object_kind"), id_("object_id", null=True), text("outcome"),
    sealed("address"), text("request_id", null=True), sealed("detail"), text("objects", null=True), number("key_period", default=1),
    hashed("leaf"), hashed("mac"), numbered("audit"), waiting("audit"), listed("ix_audit_object", "object_id", "happened_at"), free=True)
audit_objects = Table(  # finds the rows that disclosed an object; the proof is the list inside the leaf
    "audit_objects", metadata, id_("clinic_id"), id_("audit_id"), text("object_kind"), id_("object_id"),
    PrimaryKeyConstraint("clinic_id", "audit_id", "object_kind", "object_id"), listed("ix_audit_objects_object", "object_id"))
audit_checkpoints = of_clinic(
    "audit_checkpoints", number("size"), hashed("root"), hashed("frontier", null=True), text("note"), at("made_at", null=False),
    unique("size"), free=True)
audit_cuts = of_clinic("audit_cuts", number("upto_number"), hashed("root"), at("cut_at", null=False), free=True)
audit_breaks = of_clinic(  # up to where a log stands as it was found and not as it was written, and somebody answers for it
    "audit_breaks", number("tree"), number("upto_number"), number("upto_event"), text("found"), at("accepted_at", null=False),
    unique("tree"), free=True)

# Work that waits
outbox = of_clinic(  # a lane is what one thread goes through: a plugin's hooks, all mails, all posts; see outbox.py
    "outbox", text("plugin"), text("lane"), text("hook"), text("target"), id_("event_id", null=True),
    text("event"), id_("conversation_id", null=True), id_("object_id", null=True), sealed(), at("due_at", null=False),
    number("attempts", default=0), at("lease_until"), text("lease_by", null=True), at("done_at"), at("gave_up_at"),
    text("fault", null=True), partial("ix_outbox_due", "done_at IS NULL AND gave_up_at IS NULL", "lane", "due_at"),
    partial("ix_outbox_conversation", "done_at IS NULL", "clinic_id", "conversation_id", "plugin", "id"))
tasks = of_clinic(  # what a plugin asked to be reminded of, and what is to be done by staff (`for_staff`: with a text in `sealed`)
    "tasks", id_("conversation_id"), text("plugin"), text("name"), at("due_at"), sealed(), flag("for_staff"), flag("urgent"),
    number("created_at", default=0), at("done_at"), id_("done_by", null=True), to("conversation_id", "conversations"),
    to("done_by", "people"), partial("ix_tasks_waiting", "done_at IS NULL", "clinic_id", "conversation_id", "plugin", "name"))
kept = of_clinic(
    "kept", id_("conversation_id", null=True), text("plugin"), text("name"), number("version", default=1), sealed(),
    to("conversation_id", "conversations"), unique("conversation_id", "plugin", "name"),
    Index("uq_kept_clinic", "clinic_id", "plugin", "name", unique=True, sqlite_where=text_clause("conversation_id IS NULL"),
          postgresql_where=text_clause("conversation_id IS NULL")))
taken = of_clinic(  # what can be had once in a clinic, as a time of a doctor's: `name` is its blind index, so it says nothing
    "taken", text("plugin"), hashed("name"), id_("conversation_id", null=True), at("taken_at", null=False),
    to("conversation_id", "conversations"), unique("plugin", "name"), listed("ix_taken_conversation", "conversation_id", "plugin"))
idempotency = Table(
    "idempotency", metadata, id_("clinic_id"), hashed("scope"), hashed("body_mac"), sealed("answer"), text("state"),
    at("expires_at", null=False), id_("conversation_id", null=True), PrimaryKeyConstraint("clinic_id", "scope"),
    Index("ix_idempotency_expires_at", "expires_at"))

glass = of_clinic(  # conversations outside of one's pools, opened in an emergency for half an hour, with the reason in `sealed`
    "glass", id_("conversation_id"), id_("person_id"), text("purpose"), sealed(), at("opened_at", null=False),
    at("until_at", null=False), hashed("mac"), at("reviewed_at"), id_("reviewed_by", null=True), to("conversation_id", "conversations"),
    to("person_id", "people"), to("reviewed_by", "people"), listed("ix_glass_person", "person_id", "until_at"),
    partial("ix_glass_review", "reviewed_at IS NULL", "clinic_id", "opened_at"))

# What a clinic set for its plugins
plugin_settings = of_clinic(
    "plugin_settings", text("plugin"), text("name"), sealed(), hashed("mac"), at("changed_at", null=False), unique("plugin", "name"))

# Rights and wording
holds = of_clinic(  # `reason` is a word of the list, what was written about it lies in `sealed`
    "holds", id_("conversation_id"), text("reason"), id_("placed_by"), at("placed_at", null=False),
    id_("lifted_by", null=True), id_("second_by", null=True), at("lifted_at"), sealed(), hashed("mac", null=True),
    to("conversation_id", "conversations"), listed("ix_holds_conversation", "conversation_id"))
erasure_requests = of_clinic(  # `answer` is erased or refused; why lies in `sealed`
    "erasure_requests", id_("conversation_id"), text("requested_by"), at("requested_at", null=False), text("answer", null=True),
    at("answered_at"), id_("answered_by", null=True), sealed(), to("conversation_id", "conversations"),
    partial("ix_erasure_requests_open", "answered_at IS NULL", "clinic_id", "requested_at"))
erasures = of_clinic("erasures", text("object_kind"), id_("object_id"), at("erased_at", null=False), hashed("mac", null=True),
                     listed("ix_erasures_object", "object_id"), free=True)
retention = Table(  # how long what kind of conversation stays; `category` is a name, or empty for all
    "retention", metadata, id_("clinic_id"), text("category"), text("kind"), number("days"), hashed("mac"), at("changed_at", null=False),
    PrimaryKeyConstraint("clinic_id", "category", "kind"), ForeignKeyConstraint(["clinic_id"], ["clinics.id"]))
templates = of_clinic("templates", text("label"), text("language"), text("roles", null=True), sealed(), number("version", default=1))
drafts = of_clinic("drafts", id_("conversation_id"), id_("person_id"), sealed(), number("version", default=1), at("saved_at", null=False),
                   to("conversation_id", "conversations"), to("person_id", "people"), unique("conversation_id", "person_id"))
pending_replies = of_clinic(  # answers that can still be taken back: one in a conversation, for some seconds
    "pending_replies", id_("conversation_id"), id_("person_id"), at("due_at", null=False), sealed(),
    to("conversation_id", "conversations"), to("person_id", "people"), unique("conversation_id"),
    listed("ix_pending_replies_due", "due_at"))
