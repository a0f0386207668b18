"""Conversations that were sent to a pool other than their topic's"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("pool_mac", sa.LargeBinary))
    op.create_index("ix_conversations_pool", "conversations", ["clinic_id", "pool_id"], sqlite_where=sa.text("pool_id IS NOT NULL"),
                    postgresql_where=sa.text("pool_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_conversations_pool", "conversations")
    op.drop_column("conversations", "pool_mac")
