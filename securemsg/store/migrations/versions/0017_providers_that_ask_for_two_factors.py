"""Whether a clinic's OpenID provider asks for a second factor itself"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("providers", sa.Column("asks_second_factor", sa.SmallInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("providers", "asks_second_factor")
