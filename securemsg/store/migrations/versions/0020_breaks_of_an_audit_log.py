"""Breaks of an audit log that somebody answers for: behind each the log goes on"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
SETTING = "current_setting('securemsg.clinic', true)"
POLICY = f"nullif({SETTING} = clinic_id::text OR {SETTING} = 'everywhere', false) IS NOT NULL"  # as all tables of clinics have it


def upgrade() -> None:
    op.create_table("audit_breaks", sa.Column("clinic_id", ID, nullable=False), sa.Column("id", ID, nullable=False),
                    sa.Column("tree", sa.BigInteger, nullable=False), sa.Column("upto_number", sa.BigInteger, nullable=False),
                    sa.Column("upto_event", sa.BigInteger, nullable=False), sa.Column("found", sa.Text, nullable=False),
                    sa.Column("accepted_at", sa.BigInteger, nullable=False),
                    sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_audit_breaks")),
                    sa.UniqueConstraint("clinic_id", "tree", name=op.f("uq_audit_breaks_clinic_id_tree")))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit_breaks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY clinic ON audit_breaks USING ({POLICY})")


def downgrade() -> None:
    op.drop_table("audit_breaks")
