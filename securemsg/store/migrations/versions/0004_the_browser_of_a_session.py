"""With which known browser a session of staff began, so that its owner can tell one from another"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_sessions", sa.Column("device_id", sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")))


def downgrade() -> None:
    op.drop_column("staff_sessions", "device_id")
