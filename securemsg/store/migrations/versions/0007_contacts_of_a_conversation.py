"""A conversation's contact and consent are found without a look at all others of the clinic"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("contacts", "consents"):
        op.create_index(f"ix_{table}_conversation", table, ["clinic_id", "conversation_id"])


def downgrade() -> None:
    for table in ("contacts", "consents"):
        op.drop_index(f"ix_{table}_conversation", table)
