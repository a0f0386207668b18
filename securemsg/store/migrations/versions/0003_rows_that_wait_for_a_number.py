"""Rows of the audit log and events that wait for their number are found without a look at all the others"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MISSING = sa.text("number IS NULL")


def upgrade() -> None:
    for table in ("audit", "events"):
        op.create_index(f"ix_{table}_waiting", table, ["clinic_id", "id"], sqlite_where=MISSING, postgresql_where=MISSING)


def downgrade() -> None:
    for table in ("audit", "events"):
        op.drop_index(f"ix_{table}_waiting", table)
