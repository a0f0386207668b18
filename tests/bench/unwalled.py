"""The service as it would be without PostgreSQL's wall between clinics. It exists to see what the wall costs; its role is a
superuser, whom no policy binds."""

from flask import Flask
from psycopg.pq import TransactionStatus

from securemsg.store.wall import Walled
from tests.bench import served


def serve() -> Flask:
    """No connection is told whose rows it may reach."""
    Walled.read_of = lambda connection, clinic: None
    Walled.write_of = _begins
    return served.serve()


def _begins(connection: Walled, clinic: str) -> None:
    if connection.info.transaction_status == TransactionStatus.IDLE:
        connection.execute("BEGIN")
