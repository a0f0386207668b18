"""A clinic's log with some history, and the command that checks it: the fixtures `log` and `anchor`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from securemsg.crypto import checkpoints
from securemsg.desk.audit.sealing import Sealer
from tests.clinic import Practice
from tests.service import until

if TYPE_CHECKING:
    from tests.cli.conftest import Said

LOG = ("audit", "audit_checkpoints", "events")


@dataclass
class Log:
    """A clinic's log of five checkpoints, and the command that checks it."""

    clinic: Practice
    run: "Callable[..., Said]"
    sealer: Sealer

    def seals(self) -> None:
        until(self.sealer.lease.held, what="the lead")  # a server notices a little later that a connection was closed
        while self.sealer.look():
            pass

    def happens(self, times: int = 1) -> None:
        """A visitor writes, and it is sealed under a checkpoint of its own."""
        visitor = self.clinic.visitor()
        for number in range(times):
            visitor.says(f"message {number}")
        self.seals()

    @property
    def rows(self) -> list:
        return sorted(self.clinic.rows("audit"), key=lambda row: row.number or 0)

    def sql(self, statement: str, **values) -> None:
        assert self.clinic.sql(statement, clinic=self.clinic.home.id, **values)

    @contextmanager
    def put_right(self) -> Iterator[None]:
        """Whatever is done to the log inside is undone afterwards."""
        kept = {table: self.clinic.rows(table) for table in LOG}
        yield
        for table in LOG:
            self.clinic.sql(f"DELETE FROM {table}")
        for table, rows in kept.items():
            for row in rows:
                self.clinic.desk.database.write(lambda tx, table=table, row=row: tx.everywhere.insert(table, **row._asdict()))

    def cut_off(self, upto: int, key: bytes) -> None:
        """Rows go by retention, at a checkpoint; the row that says so is attested with `key`."""
        at = next(row for row in self.clinic.rows("audit_checkpoints") if row.size == upto)
        facts = (self.clinic.home.id, upto, at.root, self.clinic.clock.tick())
        id = checkpoints.attested_id(key, "audit_cuts", *facts, at.id)
        row = dict(zip(("clinic_id", "upto_number", "root", "cut_at"), facts, strict=True))
        self.clinic.desk.database.write(lambda tx: tx.everywhere.insert("audit_cuts", id=id, **row))
        self.sql("DELETE FROM audit WHERE clinic_id = :clinic AND number <= :upto", upto=upto)
        self.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size < :upto", upto=upto)

    def verify(self, *words: str) -> "Said":
        return self.run("audit", "verify", *words)

    def convicts(self, number: int | None, id: str | None = None, *words: str) -> str:
        """Status 1, and that row is named, to people and to programs; the sentence."""
        said, told = self.verify(*words), self.verify("--json", *words)
        facts = json.loads(told.out)
        bad = facts["first_bad_row"]
        assert (said.status, told.status, facts["intact"]) == (1, 1, False), said.out
        assert (bad["clinic"], bad["number"]) == ("elm", number) and (id is None or bad["id"] == id), bad
        assert "NOT INTACT: the log of elm" in said.out and bad["fault"] in said.out and "Traceback" not in said.err
        return bad["fault"]


@pytest.fixture
def log(clinic, own_settings, monkeypatch):
    """Fifteen rows; two of the checkpoints have one row of their own, the others some."""
    from tests.cli.conftest import typed  # which knows these fixtures

    for name, value in own_settings.environ.items():
        monkeypatch.setenv(name, value)
    one = Log(clinic, typed(monkeypatch), Sealer(clinic.desk))
    one.seals()
    for count in (1, 1, 4, 5, 3):
        one.happens(count)
    assert len(one.rows) == 15
    yield one
    one.sealer.close()


@pytest.fixture
def anchor(log, tmp_path):
    """A file with the checkpoints of three moments, two rows apart, that `securemsg audit checkpoint` gave."""
    for _ in range(3):
        log.happens(2)
        said = log.run("audit", "checkpoint")
        assert said.status == 0, said.err
        with open(tmp_path / "anchor", "a") as file:
            file.write(said.out)
    return str(tmp_path / "anchor")
