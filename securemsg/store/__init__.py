"""Rows in, rows out: the only SQL.

Each function takes `tx` first and runs unchanged on SQLite and PostgreSQL. Nothing here decides.
"""

from securemsg.store.connect import connect
from securemsg.store.database import Database, Row, Tx
from securemsg.store.lease import Lease, lease
from securemsg.store.migrate import migrate

__all__ = ["Database", "Lease", "Row", "Tx", "connect", "lease", "migrate"]
