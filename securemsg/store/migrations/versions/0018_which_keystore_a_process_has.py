"""Which keystore each process works with, as the name of its newest epoch"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table("keystores", sa.Column("clinic_id", ID, nullable=False), sa.Column("id", ID, nullable=False),
                    sa.Column("node", sa.Text, nullable=False), sa.Column("epoch", sa.Text, nullable=False),
                    sa.Column("seen_at", sa.BigInteger, nullable=False),
                    sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_keystores")))


def downgrade() -> None:
    op.drop_table("keystores")
