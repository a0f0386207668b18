"""Whether a person has noticed a new browser of theirs, and where a clinic's staff can sign in elsewhere"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.add_column("devices", sa.Column("noticed_at", sa.BigInteger))
    op.execute("UPDATE devices SET noticed_at = first_at")  # of those from before nobody asks
    new = sa.text("noticed_at IS NULL")
    op.create_index("ix_devices_new", "devices", ["clinic_id", "person_id"], sqlite_where=new, postgresql_where=new)
    op.create_table(
        "providers", _column("clinic_id", ID), _column("id", ID), _column("name", sa.Text), _column("issuer", sa.Text),
        _column("client_id", sa.Text), sa.Column("secret", sa.LargeBinary), _column("mac", sa.LargeBinary),
        _column("changed_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_providers_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_providers"),
        sa.UniqueConstraint("clinic_id", name="uq_providers_clinic_id"))


def downgrade() -> None:
    op.drop_table("providers")
    op.drop_index("ix_devices_new", "devices")
    op.drop_column("devices", "noticed_at")


def _column(name: str, type_) -> sa.Column:
    return sa.Column(name, type_, nullable=False)
