"""The ledger: what was revoked is written down apart from the database, once, in order, and no row goes before it."""

import json
import stat

import pytest

from securemsg.crypto import ledger
from securemsg.crypto.ledger import Entry
from securemsg.desk import people, visits
from securemsg.desk.archive.ledger import Ledger, key_of
from securemsg.errors import Unavailable, Unverified
from securemsg.store.ids import new_id
from tests.desk.archives import erases
from tests.people import code_at


def lines(clinic) -> list[tuple[str, str]]:
    """What is written down, proven: kind and id."""
    return [(entry.kind, entry.id) for entry, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk))]


def ends(clinic, visitor) -> str:
    """A visitor ends the session: its id."""
    visit = visitor.visit()
    visits.end(clinic.desk, visit, clinic.clock.tick())
    return visit.who.session_id


def test_what_is_revoked_is_written_once_whoever_looks(clinic, visitor):
    visitor.opens("Hello?")
    keeper = Ledger(clinic.desk)
    id = ends(clinic, visitor)
    for each in (keeper, keeper, Ledger(clinic.desk), keeper):
        each.catch_up()
    assert lines(clinic) == [("session", id)]
    path = clinic.desk.settings.ledger
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not path.is_relative_to(clinic.desk.settings.data)
    assert set(json.loads(path.read_text())) == {"at", "kind", "clinic", "id", "row", "mac"}


def test_every_way_to_lose_a_right_is_written(clinic, visitor, quick_hash):
    visitor.opens("Hello?")
    staff = clinic.hires()
    app, codes = staff.enrols()
    clinic.later(minutes=1)
    staff.signs_in("four plain words here", codes[0])
    used = next(row.id for row in clinic.rows("credentials") if row.used_at and row.kind == "recovery")
    before = {row.id for row in clinic.rows("credentials")}
    app, _ = staff.enrols("other plain words now")  # after a lost phone: what was known before counts no more
    clinic.later(minutes=1)
    token = staff.signs_in("other plain words now", code_at(app, clinic.clock() + 1_000_000))
    session = staff.session(token)
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    ended = ends(clinic, visitor)
    erased = new_id()
    erases(clinic, "conversation", erased)
    clinic.sql("INSERT INTO erasures (clinic_id, id, object_kind, object_id, erased_at) VALUES (:clinic_id, :id, 'conversation',"
               " :object_id, 1)", clinic_id=clinic.home.id, id=new_id(), object_id=(forged := new_id()))
    Ledger(clinic.desk).catch_up()
    written = set(lines(clinic))
    assert {("session", ended), ("session", session.id), ("person", staff.person.id), ("credential", used),
            ("erased.conversation", erased)} <= written
    assert {("credential", id) for id in before} <= written
    assert ("erased.conversation", forged) not in written, "whoever writes to the database erases nothing from backups"


def test_a_row_goes_after_a_day_and_never_before_it_is_written(clinic, visitor, monkeypatch):
    visitor.opens("Hello?")
    id = ends(clinic, visitor)
    clinic.later(days=3)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "append", full)
        with pytest.raises(Unavailable):
            Ledger(clinic.desk).catch_up()
    assert len(clinic.rows("revocations")) == 1
    Ledger(clinic.desk).catch_up()
    assert lines(clinic) == [("session", id)] and not clinic.rows("revocations")


def test_where_nothing_ended_yet_there_is_a_ledger_without_lines(clinic):
    Ledger(clinic.desk).catch_up()
    assert clinic.desk.settings.ledger.read_bytes() == b"" and lines(clinic) == []


def test_a_ledger_that_cannot_be_written_is_named(clinic):
    clinic.desk.settings.ledger.mkdir()
    with pytest.raises(Unavailable, match=r"ledger\.jsonl cannot be read or written: Is a directory"):
        Ledger(clinic.desk).catch_up()


def test_a_line_that_a_crash_tore_is_written_anew(clinic):
    path, key = clinic.desk.settings.ledger, key_of(clinic.desk)
    entries = [Entry(at, "session", clinic.home.id, new_id(), new_id()) for at in range(4)]
    ledger.append(path, key, entries[:3])
    whole = path.read_bytes()
    for cut in (1, 40, len(whole.splitlines()[-1])):
        path.write_bytes(whole[:-cut])
        assert [entry for entry, _ in ledger.read(path, key)] == entries[:2]
        ledger.append(path, key, entries[2:])
        assert [entry for entry, _ in ledger.read(path, key)] == entries
        path.write_bytes(whole)


@pytest.mark.parametrize("change", ["alter", "take out", "put in", "swap", "another key"])
def test_a_line_that_another_hand_wrote_is_told(clinic, change):
    path, key = clinic.desk.settings.ledger, key_of(clinic.desk)
    ledger.append(path, key, [Entry(at, "session", clinic.home.id, new_id(), new_id()) for at in range(4)])
    rows = path.read_bytes().splitlines(keepends=True)
    other = rows[1].replace(b'"session"', b'"person"')
    path.write_bytes(b"".join({
        "alter": [rows[0], other, *rows[2:]], "take out": [rows[0], *rows[2:]], "put in": [rows[0], other, *rows[1:]],
        "swap": [rows[1], rows[0], *rows[2:]], "another key": rows}[change]))
    with pytest.raises(Unverified):
        list(ledger.read(path, key if change != "another key" else bytes(32)))


def test_the_length_names_the_last_line(clinic, visitor):
    visitor.opens("Hello?")
    keeper = Ledger(clinic.desk)
    assert keeper.length() == {"lines": 0, "mac": ""}
    ends(clinic, visitor)
    keeper.catch_up()
    last = json.loads(clinic.desk.settings.ledger.read_text().splitlines()[-1])
    assert keeper.length() == {"lines": 1, "mac": last["mac"]}
