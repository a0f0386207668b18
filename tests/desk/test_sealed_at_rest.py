"""Sealed at rest: a canary in every field is in no row, file, write-ahead log or temporary file."""

import logging
import tempfile
import time
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from securemsg.crypto import roots
from securemsg.crypto.envelope import key_version
from securemsg.desk import glass, visits
from securemsg.desk.access import Who
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.door import providers
from securemsg.desk.door.devices import Browser
from securemsg.desk.erasing import holds, requests
from securemsg.store.tables import metadata
from tests.desk.canary import CANARY, disguises, files, found_in, rows
from tests.people import Staff, code_at, new_key
from tests.plugins.turns import at_work

PHONE = "+1 555 0190 4711"
ADDRESS = "203.0.113.0/24"
SEALED = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns if column.info.get("sealed")}
# Columns that wait for what will fill them. Who fills one adds its canary to the scenario and takes it from here.
NOT_FILLED_YET = {("subjects", "sealed"), ("attachments", "name"), ("attachments", "media_type")}


def everything_is_said(clinic):
    """Every field there is, filled with a canary by those who fill it; and all the secrets that were handed out."""
    secrets = []
    visitor, caller = clinic.visitor(), clinic.visitor()
    visitor.opens(f"{CANARY} message", f"{CANARY}-key-open", name=f"{CANARY} name", category="appointment",
                  contact=("email", f"{CANARY}@example.org"))
    caller.opens("Please call.", contact=("phone", PHONE))
    visitor.says(f"{CANARY} {'long ' * 1000}", f"{CANARY}-key-send")
    ticket = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    staff = clinic.hires(f"{CANARY.title()} Person", "Nurse")
    secrets += [visitor.token, caller.token, ticket, staff.gets_link(), *signs_in(clinic, staff)]
    staff.opens(visitor)
    staff.claims(key=f"{CANARY}-key-claim")
    staff.replies(f"{CANARY} reply", key=f"{CANARY}-key-reply")
    staff.notes(f"{CANARY} note", key=f"{CANARY}-key-note")
    at_work(clinic, clinic.service, visitor.conversation, CANARY)
    ready, owner = Template("", f"{CANARY} label", "en", f"{CANARY} ready"), clinic.hires("Bo Li", "Doctor", "owner")
    templates.save(clinic.desk, owner.who, ready, new_key(), clinic.clock.tick())
    providers.keep(clinic.desk, owner.who, clinic.home, "Login", "https://login.example", "clinic", f"{CANARY} secret",
                   clinic.clock.tick())
    newcomer = clinic.hires("Jo May")
    secrets.append(newcomer.follows(newcomer.gets_link()))  # in the middle of enrolling
    staff.closes("emergency", key=f"{CANARY}-key-close")
    holds.place(clinic.desk, clinic.service, visitor.conversation, f"{CANARY} hold", clinic.clock.tick())
    requests.ask(clinic.desk, visitor.visit(), clinic.clock.tick())
    watcher, reference = clinic.hires("Mo Abe", None, "compliance").who, visitor.visit().conversation.reference
    requests.refuse(clinic.desk, watcher, visitor.conversation, f"{CANARY} refused", new_key(), clinic.clock.tick())
    glass.break_glass(clinic.desk, watcher, clinic.home, reference, f"{CANARY} because of it", "HOPERAT", clinic.clock.tick())
    staff.opens(caller)
    staff.begins(note=f"{CANARY} draft")
    staff.sends(f"{CANARY} pending", key=f"{CANARY}-key-send-later")
    assert [CANARY in str(part) for part in visitor.reads()] == [True, True, False, True, True, False, True]
    return secrets, staff


def signs_in(clinic, staff: Staff):
    """Through the door with an address; some attempts fail."""
    app, codes = staff.enrols(f"{CANARY} password words")
    clinic.later(minutes=1)
    with pytest.raises(Exception, match="not right"):
        staff.signs_in(f"{CANARY} wrong words", codes[0], f"{CANARY}-nobody@example.org")
    token = staff.signs_in(f"{CANARY} password words", code_at(app, clinic.clock() + 1_000_000),
                           browser=Browser(name=f"{CANARY} browser"))
    session = staff.session(token)
    staff.who = Who("staff", clinic.home.id, session.person.id, session.id, session.who.session_sha256, ADDRESS, None,
                    session.who.roles, session.person.name, session.person.title)
    return [app, token, *codes]


def keys_of_all(clinic):
    """Each key in the open, and the root key as text."""
    settings, ring = clinic.desk.settings, clinic.desk.keys
    root = roots.read(settings.root_key[0], settings.environ, settings.data)
    opened = [key.secret for scope in ring._clinics._entries.values() for key in scope[1].values()]
    conversations = [keys for _, keys in ring._conversations._entries.values()]
    derived = [part for keys in conversations for part in (keys.body.secret, keys.note.secret, keys.head)]
    assert len(opened) >= 8 and len(derived) >= 3
    return [Path(settings.root_key[0][5:]).read_text().strip(), root.secret, *ring._keystore.epochs.values(), *opened, *derived]


def test_a_canary_in_every_field_is_nowhere(clinic, database_url, request, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    begun = time.time() - 1
    secrets, _ = everything_is_said(clinic)
    chosen = disguises(CANARY) | disguises(CANARY.title()) | disguises(PHONE) | disguises("203.0.113.")
    handed_out = set().union(*(disguises(secret) for secret in secrets + keys_of_all(clinic)))
    in_rows = list(rows(clinic.desk.database))
    assert not found_in(in_rows, chosen | handed_out)
    assert not found_in([("log", caplog.text.encode())], chosen | handed_out)
    assert not found_in(files(tmp_path / "database"), handed_out)
    folders = [tmp_path]
    if database_url.startswith("postgresql"):
        server = request.getfixturevalue("postgresql")
        server.execute("CHECKPOINT")
        folders.append(server.folder)
    looked_into = [path for path, _ in files(*folders, since=begun)]
    assert any("pg_wal" in path or path.endswith("-wal") for path in looked_into), "the write-ahead log was not looked into"
    assert not found_in(files(*folders, since=begun), chosen)
    assert found_in(in_rows, [b"Elm Street Surgery"]), "what is public stands there: so the search finds what there is"
    assert found_in(files(*folders, since=begun), [b"Elm Street Surgery"])


def test_every_sealed_column_was_filled_and_holds_nothing_but_envelopes(clinic):
    everything_is_said(clinic)
    newcomer = clinic.hires("Bo Li")
    newcomer.follows(newcomer.gets_link())  # an enrolment under way holds its secret in a draft
    filled = set()
    for table, column in SEALED:
        values = [row[0] for row in clinic.desk.database.read(lambda tx, c=column, t=table: tx.everywhere.all(
            f"SELECT {c} FROM {t} WHERE {c} IS NOT NULL"))]
        filled |= {(table, column)} if values else set()
        assert all(key_version(bytes(value)) == 1 for value in values), f"{table}.{column}"
    assert filled == SEALED - NOT_FILLED_YET


def test_what_is_sealed_twice_looks_different_each_time(clinic):
    for _ in range(2):
        clinic.visitor().opens("the same words", name="the same name", contact=("phone", PHONE))
    for table, column in (("messages", "sealed"), ("conversations", "name"), ("contacts", "sealed")):
        one, other = (bytes(getattr(row, column)) for row in clinic.rows(table))
        assert len(one) == len(other) and one[6:] != other[6:]


def test_an_equal_contact_is_found_by_its_index_and_only_in_its_own_clinic(clinic, other_clinic):
    for home in (clinic, clinic, other_clinic):
        home.visitor().opens("Hello?", contact=("email", "Lena@Example.org"))
    one, other = (bytes(row.blind_index) for row in clinic.rows("contacts"))
    assert one == other != bytes(other_clinic.rows("contacts")[0].blind_index)


WRITINGS = {
    "plain": str.encode, "capitals": lambda text: text.upper().encode(), "hex": lambda text: text.encode().hex().encode(),
    "base64": lambda text: b64encode(text.encode()), "base64url": lambda text: urlsafe_b64encode(text.encode()),
    "UTF-16LE": lambda text: text.encode("utf-16-le"), "UTF-16BE": lambda text: text.encode("utf-16-be")}


@pytest.mark.parametrize("writing", WRITINGS)
def test_the_search_finds_a_canary_in_any_writing_at_any_place(writing, tmp_path):
    for shift in range(6):
        (tmp_path / "file").write_bytes(WRITINGS[writing]("." * shift + CANARY + " and more"))
        assert found_in(files(tmp_path), disguises(CANARY)), shift
