"""Pools that are vouched for, roles that end, and conversations opened in an emergency"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
_ADDED = (("person_roles", "granted_at", sa.BigInteger), ("pool_members", "mac", sa.LargeBinary),
          ("pool_members", "granted_at", sa.BigInteger), ("categories", "pool_mac", sa.LargeBinary))


def upgrade() -> None:
    for table, name, type_ in _ADDED:
        op.add_column(table, sa.Column(name, type_))
    op.create_table(
        "glass", _column("clinic_id", ID), _column("id", ID), _column("conversation_id", ID), _column("person_id", ID),
        _column("purpose", sa.Text), sa.Column("sealed", sa.LargeBinary), _column("opened_at", sa.BigInteger),
        _column("until_at", sa.BigInteger), _column("mac", sa.LargeBinary), sa.Column("reviewed_at", sa.BigInteger),
        sa.Column("reviewed_by", ID), _to("conversation_id", "conversations"), _to("person_id", "people"),
        _to("reviewed_by", "people"), sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_glass_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_glass"))
    op.create_index("ix_glass_person", "glass", ["clinic_id", "person_id", "until_at"])
    op.create_index("ix_glass_review", "glass", ["clinic_id", "opened_at"], sqlite_where=sa.text("reviewed_at IS NULL"),
                    postgresql_where=sa.text("reviewed_at IS NULL"))


def downgrade() -> None:
    op.drop_table("glass")
    for table, name, _ in reversed(_ADDED):
        op.drop_column(table, name)


def _column(name: str, type_) -> sa.Column:
    return sa.Column(name, type_, nullable=False)


def _to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["clinic_id", column], [f"{target}.clinic_id", f"{target}.id"], name=f"fk_glass_clinic_id_{column}")
