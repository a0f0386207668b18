"""What opened something once, and ended, has no MAC any more that would fit again if somebody blanked its end"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
_DISABLED = "(clinic_id, person_id) IN (SELECT clinic_id, id FROM people WHERE disabled_at IS NOT NULL)"
_ENDED = {"staff_sessions": "ended_at IS NOT NULL", "visitor_sessions": "ended_at IS NOT NULL", "tickets": "used_at IS NOT NULL",
          "invites": f"used_at IS NOT NULL OR {_DISABLED}", "credentials": "kind = 'recovery' AND used_at IS NOT NULL",
          "person_roles": _DISABLED}


def upgrade() -> None:
    run = op.get_bind().execute
    for table, ended in _ENDED.items():
        run(sa.text(f"UPDATE {table} SET mac = :spent WHERE {ended}"), {"spent": bytes(32)})
    run(sa.text(f"DELETE FROM credentials WHERE {_DISABLED}"))
    for row in run(sa.text("SELECT clinic_id, id, mac FROM api_tokens WHERE ended_at IS NOT NULL AND mac IS NOT NULL")).all():
        run(sa.text("UPDATE api_tokens SET mac = :mac WHERE clinic_id = :clinic_id AND id = :id"),
            {"mac": hashlib.sha256(b"retired" + bytes(row.mac)).digest(), "clinic_id": row.clinic_id, "id": row.id})


def downgrade() -> None:
    """No MAC that went comes back; without one a row opens nothing, as before."""
