"""Somebody puts values of other types into columns, as SQLite lets them: pages say what could not be verified, none falls."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Column, Integer, LargeBinary

from securemsg.desk.audit.sealing import Sealer
from securemsg.store.tables import metadata
from tests.http.browser import Answer
from tests.http.house import HARBOUR, House, opened_house
from tests.http.people import Staff, Visitor
from tests.http.systems import System

FINE = (200, 201, 303, 401, 403, 404, 409, 422)
CONVERSATION = ("conversations", "messages", "notes", "contacts", "consents", "conversation_keys", "visitor_sessions", "openings",
                "audit")
FOR_SYSTEMS = ("conversations", "messages", "notes", "contacts", "audit", "events", "api_tokens")
CLINIC = ("clinics", "categories", "wordings", "people", "person_roles", "staff_sessions")
NO_TEXT = b"\xff"
NO_CLINICS = (("profile", "{}"), ("profile", '{"name": 5}'), ("origins", "5"), ("theme", "[]"), ("timezone", "Mars/Base"))


@dataclass
class Read:
    """A house with one conversation in it, read by everybody; and somebody who has the file."""

    house: House
    leo: Visitor
    staff: dict[str, Staff]
    system: System
    file: sqlite3.Connection
    whole: sqlite3.Connection  # the file as it was

    def asks(self, table: str) -> Iterator[tuple[str, Answer]]:
        """Every page on which something of these rows stands, and what may be written there."""
        leo, ana = self.leo, self.staff["Ana"]
        yield "page", ana.opens(f"conversations/{leo.conversation}")
        yield "page without script", leo.browser.get(f"/contact/{HARBOUR}/conversation")
        yield "inbox", ana.opens()
        yield "reply", ana.replies(leo.conversation, "again")
        if table in CONVERSATION:
            yield "conversation", leo.asks("GET")
            yield "messages", leo.asks("GET", "/messages")
            yield "say", leo.says("more")
        else:
            yield "clinic", self.staff["Maren"].opens("clinic")
            for path in (f"/clinics/{HARBOUR}.json", f"/contact/{HARBOUR}", f"/frame/{HARBOUR}", ana.path("sign-in")):
                yield path, leo.browser.get(path)

    def calls(self) -> Iterator[tuple[str, Answer]]:
        """What another system reads of it, and writes."""
        here = f"/conversations/{self.leo.conversation}"
        for path in ("/conversations", "/conversations?sort=waiting&state=open", here, f"{here}/messages", f"{here}/notes",
                     "/audit-events", "/events"):
            yield path, self.system.gets(path)
        yield "change", self.system.changes(self.leo.conversation, '"1"', urgency="urgent")
        yield "reply", self.system.replies(self.leo.conversation, "again", seen=3)

    def alters(self, table: str, column: str, value: object) -> bool:
        """All rows, or one where the others may not be like it; False where the table itself forbids it."""
        for where in ("", f" WHERE rowid = (SELECT max(rowid) FROM {table})"):
            self.forgets()
            try:
                return self.file.execute(f"UPDATE {table} SET {column} = {self.written(value)}{where}", (value,)).rowcount > 0
            except sqlite3.IntegrityError:
                continue
        return False

    def written(self, value: object) -> str:
        """As what it is put there: bytes that are no UTF-8 may be called a text."""
        return "CAST(? AS TEXT)" if value == NO_TEXT else "?"

    def restores(self) -> None:
        self.whole.backup(self.file)
        self.forgets()

    def forgets(self) -> None:
        """As after a while: nothing is known any more, and nobody has asked for much."""
        self.house.app.extensions["securemsg.limits"].storage.reset()
        self.house.desk.known_people.clear()
        self.house.desk.known_clinics.clear()
        self.house.desk.known_systems.clear()


@pytest.fixture(scope="module")
def read(furnished, tmp_path_factory) -> Iterator[Read]:
    with opened_house(furnished, tmp_path_factory.mktemp("altered")) as house:
        leo, staff = house.visitor(), {name: house.staff(name) for name in ("Ana", "Maren")}
        leo.opens("one", wish="cookie; same-site")
        staff["Ana"].replies(leo.conversation, "two")
        staff["Ana"].does("note", leo.conversation, text="a note")
        staff["Ana"].does("claim", leo.conversation)
        leo.browser.get(f"/contact/{HARBOUR}/conversation")
        system = System.of(house)
        Sealer(house.desk).look()
        file = sqlite3.connect(house.desk.settings.data / "securemsg.db", isolation_level=None, timeout=10)
        whole = sqlite3.connect(":memory:")
        file.backup(whole)
        yield Read(house, leo, staff, system, file, whole)
        whole.close()
        file.close()


def odd(column: Column) -> tuple[object, ...]:
    """What stands in a column that is not of its type, or of no sense."""
    if isinstance(column.type, Integer):
        return 1.5, 2**63 - 1
    return ("x'€",) if isinstance(column.type, LargeBinary) else (b"\xff\0x", NO_TEXT, "x'€")


@pytest.mark.parametrize("table", CONVERSATION + CLINIC)
def test_a_value_of_another_type_takes_no_page_down(read, table, caplog):
    faults, altered = [], 0
    for column in metadata.tables[table].columns:
        for value in odd(column):
            altered += read.alters(table, column.name, value)
            for what, answer in read.asks(table):
                if answer.status not in FINE:
                    faults.append((column.name, value, what, answer.status, getattr(caplog.records[-1], "place", "")))
            read.restores()
    assert altered and not faults
    assert all(answer.status in FINE[:3] for _, answer in read.asks(table)), "as it was, all is well"


@pytest.mark.parametrize("table", FOR_SYSTEMS)
def test_a_value_of_another_type_takes_no_call_down(read, table, caplog):
    faults = []
    for column in metadata.tables[table].columns:
        value = odd(column)[-1]
        assert read.alters(table, column.name, value) or column.name in ("clinic_id", "id", "conversation_id", "number"), column
        faults += [(column.name, value, what, answer.status, getattr(caplog.records[-1], "place", ""))
                   for what, answer in read.calls() if answer.status not in (*FINE, 412)]
        read.restores()
    assert not faults
    assert [answer.status for _, answer in read.calls()] == [200] * 7 + [412, 201], "as it was, all is well"


def test_a_text_where_bytes_belong_is_told_and_the_rest_is_read(read):
    assert read.alters("messages", "sealed", "text") and read.leo.asks("GET", "/messages").json["items"][0]["verified"] is False
    read.restores()
    assert read.leo.reads()[:2] == ["one", "two"]


def test_a_clinic_that_was_altered_says_so_on_every_page_of_it(read):
    for column, value in NO_CLINICS:
        assert read.alters("clinics", column, value)
        page = read.leo.browser.get(f"/contact/{HARBOUR}")
        assert page.status == 409 and "could not be verified" in page.text, column
    read.restores()
