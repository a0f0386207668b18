"""Who opened a message, and by which title then, is vouched for; what stands from before is told to nobody

No key is at hand here, so an older row cannot be told from one that somebody put there. Where a conversation is opened once
more, a row that is vouched for is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("openings", sa.Column("role", sa.Text))
    op.add_column("openings", sa.Column("mac", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("openings", "mac")
    op.drop_column("openings", "role")
