"""Where sealing of the audit log goes on from; devices that are known"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_checkpoints", sa.Column("frontier", sa.LargeBinary()))
    op.add_column("devices", sa.Column("token_sha256", sa.LargeBinary()))
    op.add_column("devices", sa.Column("mac", sa.LargeBinary()))
    op.create_index("uq_devices_token", "devices", ["clinic_id", "token_sha256"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_devices_token", "devices")
    op.drop_column("devices", "mac")
    op.drop_column("devices", "token_sha256")
    op.drop_column("audit_checkpoints", "frontier")
