"""Rows in, rows out: the only SQL.

Each function takes `tx` first and runs unchanged on SQLite and PostgreSQL. Nothing here decides.
"""

from securemsg.store.connect import connect
from securemsg.store.database import Database, Row, Tx
from securemsg.store.lease import Lease, lease
from securemsg.store.migrate import accept_older, form, migrate, require_newest
from securemsg.store.modernize import modernize

__all__ = ["Database", "Lease", "Row", "Tx", "accept_older", "connect", "form", "lease", "migrate", "modernize",
           "require_newest"]
