"""Tokens of systems are vouched for and replaced; systems write notes; conversations are listed by when they began and wait"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
WAITING = sa.text("waiting_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("mac", sa.LargeBinary))
    op.add_column("api_tokens", sa.Column("replaced_by_id", ID))
    with op.batch_alter_table("notes") as notes:
        notes.alter_column("author_id", existing_type=ID, nullable=True)
    op.create_index("ix_conversations_created", "conversations", ["clinic_id", "created_at", "id"])
    op.create_index("ix_conversations_waiting", "conversations", ["clinic_id", "waiting_since", "id"],
                    sqlite_where=WAITING, postgresql_where=WAITING)


def downgrade() -> None:
    op.drop_index("ix_conversations_waiting", "conversations")
    op.drop_index("ix_conversations_created", "conversations")
    with op.batch_alter_table("notes") as notes:
        notes.alter_column("author_id", existing_type=ID, nullable=False)
    op.drop_column("api_tokens", "replaced_by_id")
    op.drop_column("api_tokens", "mac")
