"""PostgreSQL itself keeps clinics apart: a row is seen and taken only where its clinic is the one that the session named"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = (
    "api_tokens", "attachments", "attempts", "audit", "audit_checkpoints", "audit_cuts", "audit_objects", "categories",
    "consents", "contacts", "conversation_keys", "conversations", "credentials", "devices", "drafts", "erasure_requests",
    "erasures", "events", "glass", "holds", "hours", "idempotency", "invites", "kept", "keys", "keystores", "messages",
    "notes", "openings", "outbox", "pauses", "pending_replies", "people", "person_roles", "plugin_settings", "pool_members",
    "pools", "providers", "relations", "retention", "return_codes", "returns", "revocations", "staff_sessions", "subjects",
    "taken", "tasks", "templates", "tickets", "visitor_sessions", "wordings")
# In `clinics` it is the row's own id. Which clinic a short name means can be asked before a clinic is known.
COLUMNS = dict.fromkeys(TABLES, "clinic_id") | {"clinics": "id"}

# As `IS NOT NULL`, which the planner takes for true of nearly all rows. That is right: each statement's own filter has said already
# which clinic, and a policy that could be estimated would count the same share of the rows again, and change the plans.
SETTING = "current_setting('securemsg.clinic', true)"
POLICY = f"nullif({SETTING} = {{column}}::text OR {SETTING} = 'everywhere', false) IS NOT NULL"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in COLUMNS.items():  # FORCE: for the owner of the table too, which is the service
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY clinic ON {table} USING ({POLICY.format(column=column)})")
        op.execute("CREATE POLICY reference ON clinics FOR SELECT USING (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP POLICY reference ON clinics")
        for table in COLUMNS:
            op.execute(f"DROP POLICY clinic ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
