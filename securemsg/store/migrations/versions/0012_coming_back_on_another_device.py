"""Links and codes that open a conversation on another device"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
_CONVERSATION = ["conversations.clinic_id", "conversations.id"]


def upgrade() -> None:
    op.create_table(
        "returns", _column("clinic_id", ID), _column("id", ID), _column("conversation_id", ID),
        _column("secret_sha256", sa.LargeBinary), _column("mac", sa.LargeBinary), _column("created_at", sa.BigInteger),
        _column("expires_at", sa.BigInteger), sa.Column("used_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["clinic_id", "conversation_id"], _CONVERSATION, name="fk_returns_clinic_id_conversation_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_returns_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_returns"),
        sa.UniqueConstraint("clinic_id", "secret_sha256", name="uq_returns_clinic_id_secret_sha256"))
    op.create_table(
        "return_codes", _column("clinic_id", ID), _column("conversation_id", ID), _column("code_mac", sa.LargeBinary),
        _column("expires_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["clinic_id", "conversation_id"], _CONVERSATION,
                                name="fk_return_codes_clinic_id_conversation_id"),
        sa.PrimaryKeyConstraint("clinic_id", "conversation_id", name="pk_return_codes"))
    op.create_index("ix_returns_expires_at", "returns", ["expires_at"])
    op.create_index("ix_visitor_sessions_conversation", "visitor_sessions", ["clinic_id", "conversation_id"])


def downgrade() -> None:
    op.drop_index("ix_visitor_sessions_conversation", "visitor_sessions")
    op.drop_table("return_codes")
    op.drop_table("returns")


def _column(name: str, type_) -> sa.Column:
    return sa.Column(name, type_, nullable=False)
