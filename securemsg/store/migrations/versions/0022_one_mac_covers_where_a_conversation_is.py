"""One MAC covers a conversation's pool, topic and holder, so that none of them is taken out beside the others

Rows whose MACs fit get theirs; a pool beside which none fits counts for nothing, as it did. Without keys the others stay as they
are, which counts as altered.
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
_AT_ONCE = 1_000
_ROWS = ("SELECT clinic_id, id, pool_id, category_id, claimed_by, pool_mac, place_mac FROM conversations WHERE (clinic_id, id) >"
         " (:clinic_id, :id) AND erased_at IS NULL ORDER BY clinic_id, id LIMIT :limit")
_FIRST = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    if vouch := context.config.attributes.get("vouch"):
        _vouch(vouch)
    op.drop_column("conversations", "pool_mac")


def _vouch(vouch) -> None:
    run, last = op.get_bind().execute, {"clinic_id": _FIRST, "id": _FIRST}
    while rows := run(sa.text(_ROWS), {**last, "limit": _AT_ONCE}).all():
        if made := [made for row in rows if (made := _made(vouch, row))]:
            run(sa.text("UPDATE conversations SET place_mac = :mac WHERE clinic_id = :clinic_id AND id = :id"), made)
        last = {"clinic_id": str(rows[-1].clinic_id), "id": str(rows[-1].id)}


def _made(vouch, row) -> dict | None:
    """The MAC of a row for what its MACs fitted so far; None where they fitted nothing."""
    clinic_id, id, pool_id, category_id, holder = (value and str(value) for value in row[:5])
    if row.place_mac is None or bytes(row.place_mac) != vouch("conversations.place", clinic_id, id, category_id, holder):
        return None
    genuine = pool_id and row.pool_mac and bytes(row.pool_mac) == vouch("conversations.pool", clinic_id, id, pool_id)
    return {"clinic_id": clinic_id, "id": id,
            "mac": vouch("conversations.place", clinic_id, id, pool_id if genuine else None, category_id, holder)}


def downgrade() -> None:
    op.add_column("conversations", sa.Column("pool_mac", sa.LargeBinary))
