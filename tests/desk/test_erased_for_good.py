"""Erased for good: once shredded, and once backups are no longer kept, no old copy opens it, with all keys that there are now."""

from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest

from securemsg.crypto import keystore, roots
from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.crypto.keyring import Keyring, WrappedKey
from securemsg.desk import keys, people
from securemsg.desk.erasing import conversation, nightly, retention
from securemsg.desk.erasing import person as erasing_person
from securemsg.errors import Misconfigured, Refused, Unverified
from tests.desk.canary import files, found_in


def copied(clinic, id: str) -> SimpleNamespace:
    """What a thief, or a backup, has of a conversation and of the keys above it."""
    return SimpleNamespace(
        clinic=clinic.home.id, id=id, key=clinic.rows("conversation_keys", conversation_id=id)[0], keys=rows_of_keys(clinic))


def rows_of_keys(clinic) -> list[WrappedKey]:
    return [WrappedKey(row.purpose, row.version, bytes(row.wrapped), row.wrapped_by, row.state) for row in clinic.rows("keys")]


def opens(clinic, copy: SimpleNamespace) -> bool:
    """Whether today's keystore and root open the key of an old copy."""
    settings = clinic.desk.settings
    today = keystore.read(settings.keystore, roots.read_all(settings.root_key, settings.environ, settings.data))
    ring = Keyring(today, lambda scope: copy.keys)
    try:
        ring.conversation(copy.clinic, copy.id, copy.key.version, bytes(copy.key.wrapped), copy.key.wrapped_by)
    except (Misconfigured, Unverified):
        return False
    return True


def erases(clinic, id: str) -> None:
    conversation.erase(clinic.desk, clinic.service, id, "asked for", clinic.clock.tick())


def test_an_old_copy_with_todays_keys_opens_nothing_that_was_erased(clinic, visitor):
    visitor.opens("Forget this.")
    stays = clinic.visitor()
    stays.opens("Keep this.")
    copy = copied(clinic, visitor.conversation)
    assert opens(clinic, copy)
    erases(clinic, visitor.conversation)
    nightly.shred(clinic.desk, clinic.clock.tick())
    clinic.later(days=20)
    stays.says("I am still here.")
    nightly.shred(clinic.desk, clinic.clock.tick())
    assert opens(clinic, copy), "while backups are kept they can be restored, and the ledger erases it again"
    clinic.later(days=15)
    nightly.shred(clinic.desk, clinic.clock.tick())
    assert not opens(clinic, copy) and stays.reads() == ["Keep this.", "I am still here."]


def test_postgresql_keeps_bytes_and_nothing_opens_them(clinic, visitor, database_url, request):
    """What stays where DELETE and VACUUM do not reach, shown; and that it is worth nothing."""
    if not database_url.startswith("postgresql"):
        pytest.skip("what SQLite's files hold is looked at in test_erasing")
    server = request.getfixturevalue("postgresql")
    visitor.opens("Forget this.")
    copy = copied(clinic, visitor.conversation)
    needle = bytes(copy.key.wrapped)[14:]
    erases(clinic, visitor.conversation)
    server.execute("CHECKPOINT")
    places = {path for path, _ in found_in(files(server.folder / "data"), [needle])}
    assert any("pg_wal" in path for path in places), "its log holds the wrapped key still"
    assert any("base" in path for path in places), "and so does its heap, until the room is used again"
    keys.shred(clinic.desk, clinic.clock.tick())
    clinic.later(days=20)
    clinic.visitor().opens("Somebody works here.")
    clinic.later(days=15)
    assert keys.destroy_retired(clinic.desk, clinic.clock.tick()) and not opens(clinic, copy)


def test_the_night_erases_what_is_old_and_shreds_it(clinic, visitor, staff):
    visitor.opens("Is the flu jab free?")
    staff.closes("spam")
    [before] = keystore.listed(clinic.desk.settings.keystore)
    clinic.later(days=85)
    clinic.visitor().opens("Somebody works here.")
    clinic.later(days=10)
    night = nightly.Nightly(clinic.desk, clinic.clock)
    night.look()
    assert not clinic.rows("erasures"), "not in the first hour: somebody may have started it with a wrong clock"
    clinic.later(hours=2)
    night.look()
    assert [row.object_id for row in clinic.rows("erasures")] == [visitor.conversation]
    assert {each.id: each.state for each in keystore.listed(clinic.desk.settings.keystore)}[before.id] == "retired"


@pytest.mark.parametrize("ahead", [365 * 3, 40])
def test_a_clock_that_is_ahead_erases_nothing(clinic, visitor, staff, ahead):
    visitor.opens("Is the flu jab free?")
    staff.closes("spam")
    clinic.later(days=ahead)
    night = nightly.Nightly(clinic.desk, clinic.clock)
    night.look()
    clinic.later(days=1)
    night.look()
    assert not clinic.rows("erasures")
    with pytest.raises(Refused, match="Nothing was erased"):
        nightly.refuse_after_a_pause(clinic.desk, clinic.clock())


def test_what_is_kept_how_long_goes_by_topic_and_by_what_became_of_it(clinic, staff):
    def asks(category: str, days: int, answered: bool, closed: bool = True):
        visitor = clinic.visitor()
        visitor.opens("Hello?", category=category, contact=("email", "leo@example.org"))
        if answered:
            staff.replies("Yes.", to=visitor)
        if closed:
            staff.closes("answered", to=visitor)
        clinic.sql("UPDATE conversations SET last_at = :at WHERE id = :id", at=clinic.clock() - days * 86_400_000_000,
                   id=visitor.conversation)
        return visitor.conversation

    old = {asks("other", 91, answered=False): ("other", "enquiry"), asks("other", 731, answered=True): ("other", "office")}
    asks("other", 89, answered=False)
    asks("other", 700, answered=True)
    asks("other", 4000, answered=False, closed=False)
    held = asks("other", 800, answered=True)
    from securemsg.desk.erasing import holds
    holds.place(clinic.desk, clinic.service, held, "A claim was announced.", clinic.clock.tick())
    dry = retention.run(clinic.desk, clinic.home, clinic.clock(), dry_run=True)
    assert dry.erased == dict.fromkeys(old.values(), 1) and list(dry.left.values()) == ["held"] and not clinic.rows("erasures")
    real = retention.run(clinic.desk, clinic.home, clinic.clock.tick())
    assert replace(real, dry=True) == dry and {row.object_id for row in clinic.rows("erasures")} == set(old)
    again = retention.run(clinic.desk, clinic.home, clinic.clock.tick())
    assert not again.erased and list(again.left.values()) == ["held"]


def test_a_clinic_sets_its_own_periods_and_nobody_else_does(clinic, visitor, staff):
    visitor.opens("Hello?")
    staff.replies("Yes.", to=visitor)
    staff.closes()
    clinic.later(days=40)
    retention.set_period(clinic.desk, clinic.service, clinic.home, "other", "office", 30, clinic.clock.tick())
    assert [each.id for each in retention.due(clinic.desk, clinic.home, clinic.clock())] == [visitor.conversation]
    clinic.sql("UPDATE retention SET days = 1")
    assert not list(retention.due(clinic.desk, clinic.home, clinic.clock())), "a row that somebody altered counts for nothing"
    for wrong in (("nowhere", "office", 30), ("other", "gossip", 30), ("other", "office", 0), ("other", "office", 40_000)):
        with pytest.raises(Refused):
            retention.set_period(clinic.desk, clinic.service, clinic.home, *wrong, clinic.clock.tick())


def named(clinic, person_id: str) -> SimpleNamespace:
    """What an old copy has of a member of staff, and of the keys above it."""
    [row] = [each for each in clinic.rows("people") if each.id == person_id]
    return SimpleNamespace(id=person_id, sealed={"name": bytes(row.name), "email": bytes(row.email)}, keys=rows_of_keys(clinic))


def tells(clinic, copy: SimpleNamespace, column: str) -> str | None:
    """What opens of it, with the old copy's keys or with those of today, and today's keystore and root; or None."""
    settings = clinic.desk.settings
    today = keystore.read(settings.keystore, roots.read_all(settings.root_key, settings.environ, settings.data))
    for rows in (copy.keys, rows_of_keys(clinic)):
        with suppress(Misconfigured, Unverified, KeyError):
            living = [row for row in rows if row.state != "destroyed"]
            desk = SimpleNamespace(keys=Keyring(today, lambda scope, rows=living: rows))
            return people.open_value(desk, clinic.home.id, "people", column, copy.id, copy.sealed[column]).decode()
    return None


def leaves(clinic, person) -> None:
    people.disable(clinic.desk, clinic.service, clinic.home, person, clinic.clock.tick())
    gone = people.everyone(clinic.desk, clinic.home.id)[person.id]
    erasing_person.staff(clinic.desk, clinic.service, clinic.home, gone, "They left.", clinic.clock.tick())


def test_who_left_and_was_erased_has_no_name_in_any_old_copy(clinic, visitor):
    """In PostgreSQL's dead tuples as well: their bytes are those of the old copy here."""
    leaver, stays = clinic.hires("Cy Oh"), clinic.hires("Ana Roth")
    visitor.opens("Hello?")
    copy, before = named(clinic, leaver.person.id), people.everyone(clinic.desk, clinic.home.id)[stays.person.id]
    assert tells(clinic, copy, "name") == "Cy Oh" and tells(clinic, copy, "email")
    leaves(clinic, leaver.person)
    for days in (0, 20, 15):
        clinic.later(days=days)
        visitor.says("I am still here.")
        nightly.shred(clinic.desk, clinic.clock.tick())
        clinic.later(hours=2)
        nightly.shred(clinic.desk, clinic.clock.tick())
    assert tells(clinic, copy, "name") is None and tells(clinic, copy, "email") is None
    clinic.desk.known_people.clear()
    after = people.everyone(clinic.desk, clinic.home.id)
    assert after[stays.person.id] == before and after[leaver.person.id].name == people.FORMER
    assert people.by_email(clinic.desk, clinic.home, before.email).id == stays.person.id


def test_names_that_were_sealed_before_people_had_a_key_are_moved_with_the_next_rotation(clinic):
    ana = clinic.hires("Ana Roth").person
    for column, value in (("name", "Ana Roth"), ("email", ana.email)):
        sealed = seal(clinic.desk.keys.data(clinic.home.id), Place("people", column, clinic.home.id, ana.id), value.encode())
        clinic.sql(f"UPDATE people SET {column} = :sealed WHERE id = :id", sealed=sealed, id=ana.id)
    clinic.desk.known_people.clear()
    assert people.everyone(clinic.desk, clinic.home.id)[ana.id].name == "Ana Roth", "until then they open as they are"
    keys.rotate_clinic(clinic.desk, clinic.service, clinic.home.id, clinic.clock.tick())
    ring, [row] = clinic.desk.keys, [each for each in clinic.rows("people") if each.id == ana.id]
    place = Place("people", "name", clinic.home.id, ana.id)
    assert unseal(ring.people(clinic.home.id, 2), place, bytes(row.name)) == b"Ana Roth"


def test_a_name_that_somebody_altered_keeps_its_key_and_takes_none_away(clinic):
    ana = clinic.hires("Ana Roth").person
    clinic.sql("UPDATE people SET name = :name WHERE id = :id", name=clinic.rows("people")[0].name[:-1] + b"\0", id=ana.id)
    keys.rotate_clinic(clinic.desk, clinic.service, clinic.home.id, clinic.clock.tick())
    clinic.later(hours=2)
    with pytest.raises(Refused, match="do not open: somebody altered them"):
        keys.destroy_version(clinic.desk, clinic.service, clinic.home.id, 1, clinic.clock.tick())
