"""Erasures and holds that are vouched for, requests to erase with their answers, and how long what is kept"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
_ADDED = (("idempotency", "conversation_id", ID), ("erasures", "mac", sa.LargeBinary()), ("holds", "sealed", sa.LargeBinary()),
          ("holds", "mac", sa.LargeBinary()), ("erasure_requests", "answered_by", ID), ("erasure_requests", "sealed",
                                                                                        sa.LargeBinary()))


def upgrade() -> None:
    for table, name, type_ in _ADDED:
        op.add_column(table, sa.Column(name, type_))
    op.create_index("ix_holds_conversation", "holds", ["clinic_id", "conversation_id"])
    op.create_index("ix_erasures_object", "erasures", ["clinic_id", "object_id"])
    waits = sa.text("answered_at IS NULL")
    op.create_index("ix_erasure_requests_open", "erasure_requests", ["clinic_id", "requested_at"], sqlite_where=waits,
                    postgresql_where=waits)
    op.create_table(
        "retention", _column("clinic_id", ID), _column("category", sa.Text), _column("kind", sa.Text), _column("days",
                                                                                                               sa.BigInteger),
        _column("mac", sa.LargeBinary), _column("changed_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_retention_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "category", "kind", name="pk_retention"))


def downgrade() -> None:
    op.drop_table("retention")
    for name, table in (("ix_erasure_requests_open", "erasure_requests"), ("ix_erasures_object", "erasures"),
                        ("ix_holds_conversation", "holds")):
        op.drop_index(name, table)
    for table, name, _ in reversed(_ADDED):
        op.drop_column(table, name)


def _column(name: str, type_) -> sa.Column:
    return sa.Column(name, type_, nullable=False)
