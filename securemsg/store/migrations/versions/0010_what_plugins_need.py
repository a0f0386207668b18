"""Deliveries to plugins, their letters, their settings in a clinic, what they claim, to-dos for staff"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
HERE = sa.text("done_at IS NULL")
WAITING = sa.text("done_at IS NULL AND gave_up_at IS NULL")
OLD_DUE, NEW_DUE = ["clinic_id", "done_at", "gave_up_at", "due_at"], ["lane", "due_at"]
_CLINIC, _CONVERSATION = ["clinics.id"], ["conversations.clinic_id", "conversations.id"]


def upgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("event_id", existing_type=ID, nullable=True)
        outbox.add_column(sa.Column("lane", sa.Text))
        outbox.add_column(sa.Column("hook", sa.Text))
        outbox.add_column(sa.Column("object_id", ID))
        outbox.add_column(sa.Column("sealed", sa.LargeBinary))
        outbox.add_column(sa.Column("fault", sa.Text))
    op.execute("UPDATE outbox SET lane = plugin, hook = 'happened'")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("lane", existing_type=sa.Text, nullable=False)
        outbox.alter_column("hook", existing_type=sa.Text, nullable=False)
    op.create_index("ix_outbox_due", "outbox", NEW_DUE, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_outbox_conversation", "outbox", ["clinic_id", "conversation_id", "plugin", "id"],
                    sqlite_where=HERE, postgresql_where=HERE)
    with op.batch_alter_table("tasks") as tasks:
        tasks.alter_column("due_at", existing_type=sa.BigInteger, nullable=True)
        tasks.add_column(sa.Column("for_staff", sa.SmallInteger, nullable=False, server_default="0"))
        tasks.add_column(sa.Column("urgent", sa.SmallInteger, nullable=False, server_default="0"))
        tasks.add_column(sa.Column("created_at", sa.BigInteger, nullable=False, server_default="0"))
        tasks.add_column(sa.Column("done_by", ID))
        tasks.create_foreign_key("fk_tasks_clinic_id_done_by", "people", ["clinic_id", "done_by"], ["clinic_id", "id"])
    op.create_index("ix_tasks_waiting", "tasks", ["clinic_id", "conversation_id", "plugin", "name"],
                    sqlite_where=HERE, postgresql_where=HERE)
    _of_clinic("plugin_settings", sa.Column("plugin", sa.Text, nullable=False), sa.Column("name", sa.Text, nullable=False),
               sa.Column("sealed", sa.LargeBinary), sa.Column("mac", sa.LargeBinary, nullable=False),
               sa.Column("changed_at", sa.BigInteger, nullable=False), _unique("plugin_settings", "plugin", "name"))
    _of_clinic("taken", sa.Column("plugin", sa.Text, nullable=False), sa.Column("name", sa.LargeBinary, nullable=False),
               sa.Column("conversation_id", ID), sa.Column("taken_at", sa.BigInteger, nullable=False),
               sa.ForeignKeyConstraint(["clinic_id", "conversation_id"], _CONVERSATION, name="fk_taken_clinic_id_conversation_id"),
               _unique("taken", "plugin", "name"))
    op.create_index("ix_taken_conversation", "taken", ["clinic_id", "conversation_id", "plugin"])


def _of_clinic(name: str, *parts) -> None:
    op.create_table(name, sa.Column("clinic_id", ID, nullable=False), sa.Column("id", ID, nullable=False), *parts,
                    sa.ForeignKeyConstraint(["clinic_id"], _CLINIC, name=f"fk_{name}_clinic_id"),
                    sa.PrimaryKeyConstraint("clinic_id", "id", name=f"pk_{name}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("clinic_id", *columns, name=f"uq_{table}_clinic_id_{'_'.join(columns)}")


def downgrade() -> None:
    for table in ("taken", "plugin_settings"):
        op.drop_table(table)
    op.drop_index("ix_tasks_waiting", "tasks")
    op.execute("DELETE FROM tasks WHERE for_staff = 1 OR due_at IS NULL")
    with op.batch_alter_table("tasks") as tasks:
        tasks.drop_constraint("fk_tasks_clinic_id_done_by", type_="foreignkey")
        for column in ("done_by", "created_at", "urgent", "for_staff"):
            tasks.drop_column(column)
        tasks.alter_column("due_at", existing_type=sa.BigInteger, nullable=False)
    op.drop_index("ix_outbox_conversation", "outbox")
    op.drop_index("ix_outbox_due", "outbox")
    op.execute("DELETE FROM outbox WHERE event_id IS NULL")
    with op.batch_alter_table("outbox") as outbox:
        for column in ("fault", "sealed", "object_id", "hook", "lane"):
            outbox.drop_column(column)
        outbox.alter_column("event_id", existing_type=ID, nullable=False)
    op.create_index("ix_outbox_due", "outbox", OLD_DUE)
