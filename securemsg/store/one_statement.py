"""Several independent changes as one statement: one round trip to PostgreSQL instead of one for each.

`fn` is run with a transaction that only notes what it is told and answers as if all went well. The notes become one
statement with a part for each (data-modifying WITH), which divides by zero unless each part touched a row. So either
all is stored and every hopeful answer was right, or nothing is stored and `fn` runs again in an ordinary transaction.
All parts see the rows as they were before: only changes that neither read nor change what another wrote may go together.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Self

from psycopg import errors

from securemsg.store.database import NOWHERE, Answer, Tx, clinic_of, insertion

# Raised by the statement when a hope was wrong; its later parts were tried all the same, so a row may stand twice.
Hoped = (errors.DivisionByZero, errors.UniqueViolation)


class Looked(Exception):
    """`fn` wanted to see a row, or reaches beyond one clinic: it needs an ordinary transaction."""


class Notes(Tx):
    """A transaction that is only noted. One name may have one value; others of that name are renamed."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.values: dict[str, object] = {}
        self.clinic = NOWHERE

    @property
    def everywhere(self) -> Self:
        raise Looked

    def run(self, sql: str, **values) -> int:
        self.clinic = self.clinic or clinic_of(values)
        if clinic_of(values) != self.clinic:
            raise Looked
        renamed = []
        for name, value in values.items():
            kept = self._keep(name, value)
            if kept != name:
                renamed.append((name, kept))
        self.parts.append((sql, tuple(renamed)))
        return 1

    def insert(self, table: str, *, or_nothing: bool = False, **values) -> bool:
        return self.run(insertion(table, tuple(values), or_nothing), **values) == 1

    def run_all(self, sql: str, rows: Sequence[dict]) -> None:
        raise Looked  # each row would be a part

    def one(self, sql: str, **values):
        raise Looked

    def all(self, sql: str, **values):
        raise Looked

    def _keep(self, name: str, value: object) -> str:
        """The parameter that holds this value. Few parameters: psycopg prepares no statement with more than 50."""
        number, kept = 0, name
        while kept in self.values and self.values[kept] != value:
            number += 1
            kept = f"{name}_{number}"
        self.values[kept] = value
        return kept


def noted(fn: Callable[[Tx], Answer]) -> tuple[Answer, str, dict[str, object], str]:
    """What `fn` answers if all goes well, the statement, its values and its clinic. Looked when it cannot be noted."""
    notes = Notes()
    answer = fn(notes)
    return answer, _together(tuple(notes.parts)), notes.values, notes.clinic


@lru_cache(maxsize=64)
def _together(parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> str:
    withs = ", ".join(f"s{number} AS ({_part(sql, dict(renamed))} RETURNING 1)" for number, (sql, renamed) in enumerate(parts))
    touched = " * ".join(f"(SELECT count(*) FROM s{number})" for number in range(len(parts)))
    return f"WITH {withs} SELECT 1 / ({touched}) AS done"


def _part(sql: str, renamed: dict[str, str]) -> str:
    return re.sub(r"(?<!:):([a-z_][a-z_0-9]*)", lambda name: f"%({renamed.get(name[1], name[1])})s", sql.replace("%", "%%"))
