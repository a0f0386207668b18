"""A reply waits for some seconds before it goes out, so that whoever wrote it can take it back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pending_replies", sa.Column("clinic_id", ID, nullable=False), sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False), sa.Column("person_id", ID, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False), sa.Column("sealed", sa.LargeBinary),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_pending_replies_clinic_id"),
        sa.ForeignKeyConstraint(["clinic_id", "conversation_id"], ["conversations.clinic_id", "conversations.id"],
                                name="fk_pending_replies_clinic_id_conversation_id"),
        sa.ForeignKeyConstraint(["clinic_id", "person_id"], ["people.clinic_id", "people.id"],
                                name="fk_pending_replies_clinic_id_person_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_pending_replies"),
        sa.UniqueConstraint("clinic_id", "conversation_id", name="uq_pending_replies_clinic_id_conversation_id"))
    op.create_index("ix_pending_replies_due", "pending_replies", ["clinic_id", "due_at"])


def downgrade() -> None:
    op.drop_table("pending_replies")
