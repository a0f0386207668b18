"""PostgreSQL plans a clinic's statements behind its wall as it would without: it can estimate what the policies let through."""

from contextlib import closing

import psycopg
import pytest

from securemsg.store import inbox
from securemsg.store.database import percent_style
from securemsg.store.pools import Within
from securemsg.store.wall import SETTING
from tests.store.test_wall import ELM, OAK, a_row

CONVERSATIONS, OPEN = 4000, 400  # of each of two clinics; the open ones wait for the visitor, but for half


class Explained:
    """A transaction that tells how its statements would be carried out: what their plan is, from its outermost step."""

    def __init__(self, connection: psycopg.Connection):
        self._connection = connection

    def all(self, sql: str, **values) -> dict:
        asked = f"EXPLAIN (FORMAT JSON) {percent_style(sql)}".encode()
        return self._connection.execute(asked, values).fetchone()[0][0]["Plan"]

    one = all


@pytest.fixture(scope="module")
def explained(postgresql, migrated_postgresql):
    """A clinic's statements as the service's role has them planned, and as a superuser, whom no policy binds."""
    name = postgresql.create(migrated_postgresql)
    walled, free = (psycopg.connect(postgresql.url(name, *role).replace("+psycopg", ""), autocommit=True)
                    for role in ((), ("postgres",)))
    with closing(walled), closing(free):
        free.execute("SET session_replication_role = replica")
        for clinic in (ELM, OAK):
            fill(free, clinic)
        free.execute("ANALYZE conversations")
        walled.execute(f"SET {SETTING} = '{ELM}'".encode())
        yield Explained(walled), Explained(free)
    postgresql.drop(name)


def fill(connection: psycopg.Connection, clinic: str) -> None:
    values = a_row("conversations", clinic) | {"erased_at": None}
    varied = {"id": "gen_random_uuid()", "reference": "n::text", "last_at": "n", "closed_at": f"CASE WHEN n > {OPEN} THEN n END",
              "waiting_on": "CASE WHEN n %% 2 = 0 THEN 'staff' ELSE 'visitor' END"}
    chosen = ", ".join(varied.get(column, f"%({column})s") for column in values)
    connection.execute(f"INSERT INTO conversations ({', '.join(values)}) SELECT {chosen}"
                       f" FROM generate_series(1, {CONVERSATIONS}) AS n".encode(), values)


def steps(plan: dict) -> list[tuple[str, str]]:
    return [(plan["Node Type"], plan.get("Index Name", "")),
            *(step for part in plan.get("Plans", ()) for step in steps(part))]


LISTS = {
    "waiting": lambda tx: inbox.waiting(tx, ELM, Within(), 50),
    "answered": lambda tx: inbox.answered(tx, ELM, Within(), 50, CONVERSATIONS),
    "closed": lambda tx: inbox.closed(tx, ELM, Within(), 50, CONVERSATIONS),
    "mine": lambda tx: inbox.claimed_by(tx, ELM, OAK, 50),
    "counts": lambda tx: inbox.counts(tx, ELM, Within(), OAK)}


@pytest.mark.parametrize("what", LISTS)
def test_the_lists_of_the_inbox_are_made_in_the_same_steps(explained, what):
    walled, free = (steps(LISTS[what](tx)) for tx in explained)
    assert walled == free


def test_what_has_an_order_in_an_index_is_not_sorted(explained):
    """Else each look at the latest answers would cost as much as all that are open."""
    plan = steps(LISTS["answered"](explained[0]))
    assert ("Index Scan", "ix_conversations_last") in plan and "Sort" not in [step for step, _ in plan]


@pytest.mark.parametrize("condition", ["", " AND closed_at IS NULL", " AND last_at < 400"])
def test_how_many_rows_there_will_be_is_guessed_as_well_as_without(explained, condition):
    found = "SELECT id FROM conversations WHERE clinic_id = :clinic_id" + condition
    walled, free = (tx.all(found, clinic_id=ELM)["Plan Rows"] for tx in explained)
    assert 0.98 * free <= walled <= free
