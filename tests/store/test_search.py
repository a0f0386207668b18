"""What a search reads: the same values on both databases, and in the order of an index, without sorting all that a clinic has."""

from contextlib import closing
from typing import Any

import pytest
from psycopg.rows import tuple_row

from securemsg.store import search
from securemsg.store.database import Database, percent_style

_FIRST = {"clinic_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "low": search.LAST_ID, "high": search.LAST_ID,
          "upto": search.LAST_SEQ, "limit": 5}


def test_rows_with_much_in_them_hold_what_all_others_hold(clinic, staff):
    visitor = clinic.visitor()
    visitor.opens("Hello")
    staff.notes("Good day", to=visitor)
    run = {"clinic_id": clinic.home.id, "low": visitor.conversation, "high": visitor.conversation, "upto": search.LAST_SEQ}
    for table, read in (("messages", search.messages), ("notes", search.notes)):
        [row], [stored] = clinic.desk.database.read(lambda tx, read=read: read(tx, **run)), clinic.rows(table)
        assert row._asdict() == {name: getattr(stored, name) for name in row._fields}, table


@pytest.mark.parametrize("select", [search._MESSAGES, search._NOTES])
def test_no_run_is_sorted_to_be_read(database: Database, select):
    plan = _plan(database, select + search._RUN)
    assert "sort" not in plan and "order by" not in plan and "index" in plan, plan


def _plan(database: Database, sql: str) -> str:
    """How the database goes about it, in lower case. A server sorts tables as small as these all the same, unless told not to."""
    with closing(database.engine.raw_connection()) as pooled:
        connection: Any = pooled.driver_connection
        if not database.elsewhere:
            return str(connection.execute("EXPLAIN QUERY PLAN " + sql, _FIRST).fetchall()).lower()
        cursor = connection.cursor(row_factory=tuple_row)
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_bitmapscan = off")
        cursor.execute("SET enable_sort = off")
        return str(cursor.execute("EXPLAIN " + percent_style(sql), _FIRST).fetchall()).lower()
