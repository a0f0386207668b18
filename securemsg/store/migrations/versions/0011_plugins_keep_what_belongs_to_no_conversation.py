"""Plugins keep what belongs to no conversation, as who is in a visit until when"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
OF_CLINIC = sa.text("conversation_id IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("kept") as kept:
        kept.alter_column("conversation_id", existing_type=ID, nullable=True)
    op.create_index("uq_kept_clinic", "kept", ["clinic_id", "plugin", "name"], unique=True, sqlite_where=OF_CLINIC,
                    postgresql_where=OF_CLINIC)


def downgrade() -> None:
    op.drop_index("uq_kept_clinic", "kept")
    op.execute("DELETE FROM kept WHERE conversation_id IS NULL")
    with op.batch_alter_table("kept") as kept:
        kept.alter_column("conversation_id", existing_type=ID, nullable=False)
