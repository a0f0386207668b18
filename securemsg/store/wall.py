"""The second wall between clinics, PostgreSQL's own: a policy on each of their tables (row-level security).

A row is seen and taken where its `clinic_id` is what the session's setting `securemsg.clinic` says, or that says `everywhere`.
Where it says nothing there are no rows. So a statement that forgot its filter shows one clinic its own rows at most. It is a
wall against what is forgotten, and none against SQL that is slipped in: that could set the setting, and a connection that reads
keeps it. A superuser, and a role with BYPASSRLS, pass through all policies; https://www.postgresql.org/docs/current/ddl-rowsecurity.html.
"""

from functools import lru_cache

from psycopg import sql
from psycopg.pq import TransactionStatus

from securemsg.store.database import NOWHERE
from securemsg.store.patience import Patient

SETTING = "securemsg.clinic"
_SET = f"SELECT set_config('{SETTING}', %s, %s)"  # for this transaction only, or until it is set again


class Walled(Patient):
    """A connection that is told before each statement which clinic's rows that one may reach. So nothing depends on how the one
    before it ended; the server hears of it only where it changes."""

    _read: str | None = NOWHERE  # what the server knows outside of transactions; None: not known
    _written: str | None = None  # in the transaction that is open

    def read_of(self, clinic: str) -> None:
        """Outside of a transaction: until another clinic is read, since no rollback takes it back."""
        if clinic != self._read:
            self._read = None  # whoever is interrupted here leaves nothing behind that is believed
            self.execute(_SET, [clinic, False])
            self._read = clinic

    def write_of(self, clinic: str) -> None:
        """Inside a transaction, which begins here, in the same round trip, when there is none; until that ends."""
        if self.info.transaction_status == TransactionStatus.IDLE:
            self.execute(_begin(clinic))  # also where it should be so already: nothing rests on what was said before
        elif clinic != self._written:
            self._written = None
            self.execute(_SET, [clinic, True])
        self._written = clinic


@lru_cache(maxsize=256)
def _begin(clinic: str) -> bytes:
    return sql.SQL(f"BEGIN; SET LOCAL {SETTING} = {{}}").format(sql.Literal(clinic)).as_bytes()
