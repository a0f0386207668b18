"""A conversation's topic and who took it are vouched for

Who runs this has the keys: what is there is believed once, as it stands. Without keys it is left without a MAC, which counts as
altered.
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
_AT_ONCE = 1_000
_ROWS = ("SELECT clinic_id, id, category_id, claimed_by FROM conversations WHERE (clinic_id, id) > (:clinic_id, :id) AND erased_at"
         " IS NULL ORDER BY clinic_id, id LIMIT :limit")
_FIRST = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("place_mac", sa.LargeBinary))
    if not (vouch := context.config.attributes.get("vouch")):
        return
    run, last = op.get_bind().execute, {"clinic_id": _FIRST, "id": _FIRST}
    while rows := run(sa.text(_ROWS), {**last, "limit": _AT_ONCE}).all():
        run(sa.text("UPDATE conversations SET place_mac = :mac WHERE clinic_id = :clinic_id AND id = :id"),
            [{"clinic_id": str(row.clinic_id), "id": str(row.id), "mac": vouch("conversations.place", *row)} for row in rows])
        last = {"clinic_id": str(rows[-1].clinic_id), "id": str(rows[-1].id)}


def downgrade() -> None:
    op.drop_column("conversations", "place_mac")
