"""Rows in, rows out: the only SQL.

Each function takes `tx` first and runs unchanged on SQLite and PostgreSQL. Nothing here decides.
"""

from securemsg.store.database import Database, Row, Tx, connect
from securemsg.store.migrate import migrate

__all__ = ["Database", "Row", "Tx", "connect", "migrate"]
