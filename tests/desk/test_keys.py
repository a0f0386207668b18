"""Keys that rotate while everybody works: everything opens afterwards, and what was let go of opens nothing."""

from types import SimpleNamespace

import pytest

from securemsg.crypto import keystore, roots
from securemsg.crypto.keyring import SERVICE
from securemsg.desk import keys, open_desk, people
from securemsg.desk.deliveries import telling
from securemsg.desk.door import proving
from securemsg.desk.erasing import conversation, nightly
from securemsg.desk.people import by_email
from securemsg.desk.search.search import search
from securemsg.errors import Misconfigured, Missing, Refused, Unverified
from securemsg.settings import Settings
from securemsg.store import keys as rows
from securemsg.store.ids import new_id
from securemsg.times import SECOND
from tests.clinic import Clock


def epochs(clinic):
    return {epoch.id: epoch.state for epoch in keystore.listed(clinic.desk.settings.keystore)}


def begins_epoch(clinic, now):
    """What a run leaves that was killed as soon as it had written the keystore."""
    keystore.begin_epoch(clinic.desk.settings.keystore, keystore.fresh_epoch(clinic.desk.keys.roots[0], now), now)


def rotates(clinic):
    return keys.rotate_clinic(clinic.desk, clinic.service, clinic.home.id, clinic.clock.tick())


def in_another_process(clinic, settings=None):
    """The same service, opened anew: it knows nothing but what is stored."""
    return open_desk(settings or clinic.desk.settings, Clock(clinic.clock()))


@pytest.fixture
def talk(clinic):
    """A conversation with an answer and a note, and a colleague who can sign in."""
    visitor, ana = clinic.visitor(), clinic.hires()
    visitor.opens("Is the flu jab free?", name="Leo", contact=("email", "leo@example.org"))
    ana.opens(visitor)
    ana.replies("Yes.")
    ana.notes("Called before.")
    return visitor, ana


def test_everything_opens_after_a_clinics_keys_were_rotated_twice(clinic, talk):
    visitor, ana = talk
    for version in (2, 3):
        done = rotates(clinic)
        assert (done.version, done.resumed, done.moved, done.strange) == (version, False, 1, 0)
        assert visitor.reads() == ["Is the flu jab free?", "Yes."]
    visitor.says("Thank you.")
    assert {row.wrapped_by for row in clinic.rows("conversation_keys")} == {3}
    fresh = in_another_process(clinic)
    assert by_email(fresh, clinic.home, ana.person.email).name == "Ana Ruiz"
    fresh.close()


def test_a_process_that_has_not_heard_of_it_reads_and_writes_on(clinic, talk):
    visitor, _ = talk
    other = in_another_process(clinic)
    other.keys.active(clinic.home.id, "clinic")
    keys.rotate_clinic(other, clinic.service, clinic.home.id, clinic.clock.tick())
    newcomer = clinic.visitor()
    newcomer.opens("Do you open on Saturday?", contact=("email", "kim@example.org"))
    assert {row.wrapped_by for row in clinic.rows("conversation_keys", conversation_id=newcomer.conversation)} == {1}
    assert visitor.reads() == ["Is the flu jab free?", "Yes."], "its key is wrapped by one that this process looks for"
    assert rotates(clinic).resumed, "what came late is moved, and no further version made"
    assert {row.wrapped_by for row in clinic.rows("conversation_keys")} == {2}
    assert newcomer.reads() == ["Do you open on Saturday?"]
    other.close()


def test_an_address_is_found_before_and_after_its_index_was_moved(clinic, talk):
    visitor, ana = talk
    ana.enrols("a long enough password")
    app_codes = clinic.rows("credentials", kind="recovery")
    before = {row.id: bytes(row.blind_index) for row in clinic.rows("contacts")}
    rotates(clinic)
    after = clinic.rows("contacts")
    assert [row.index_version for row in after] == [2] and {row.id: bytes(row.blind_index) for row in after} != before
    assert [row.index_version for row in clinic.rows("people")] == [2]
    found = search(clinic.desk, ana.who, "leo@example.org", "", clinic.clock.tick())
    assert [one.conversation.id for one in found.results] == [visitor.conversation]
    with pytest.raises(Refused, match="works here already"):
        people.add(clinic.desk, clinic.service, clinic.home, "Ana Again", ana.person.email, None, ("staff",), clinic.clock.tick())
    assert proving.kept(clinic.desk, clinic.home.id, ana.person.id) and app_codes == clinic.rows("credentials", kind="recovery")


def test_an_epoch_is_rotated_and_destroyed_and_an_old_copy_opens_nothing(clinic, talk):
    visitor, _ = talk
    copy = {scope: clinic.desk.database.read(lambda tx, scope=scope: rows.all_versions(tx, scope))
            for scope in (SERVICE, clinic.home.id)}
    [old] = epochs(clinic)
    done = keys.rotate_epoch(clinic.desk, clinic.clock.tick())
    assert not done.resumed and done.moved == 7 and epochs(clinic) == {old: "retired", done.id: "active"}
    with pytest.raises(Refused, match=r"Backups made until .* or say --early"):
        keys.destroy_epoch(clinic.desk, old, clinic.clock.tick())
    clinic.later(days=31)
    keys.destroy_epoch(clinic.desk, old, clinic.clock.tick())
    assert epochs(clinic) == {old: "destroyed", done.id: "active"}
    assert visitor.reads() == ["Is the flu jab free?", "Yes."]
    fresh = in_another_process(clinic)
    assert fresh.keys.active(clinic.home.id, "data")
    fresh.keys._load = lambda scope: copy[scope]
    fresh.keys.forget(clinic.home.id)
    with pytest.raises(Misconfigured, match="which the keystore does not hold"):
        fresh.keys.active(clinic.home.id, "data")
    fresh.close()


def test_what_is_needed_is_not_destroyed(clinic, talk):
    [active] = epochs(clinic)
    now = clinic.clock.tick()
    with pytest.raises(Refused, match="is the active one"):
        keys.destroy_epoch(clinic.desk, active, now)
    with pytest.raises(Missing, match="There is no epoch"):
        keys.destroy_epoch(clinic.desk, "0" * 16, now)
    begins_epoch(clinic, now)
    clinic.later(days=31)
    with pytest.raises(Refused, match=r"wraps 7 key\(s\) that are not destroyed yet"):
        keys.destroy_epoch(clinic.desk, active, clinic.clock.tick(), early=True)
    for version, words in ((1, "is the active one"), (2, "no clinic key of version 2")):
        with pytest.raises((Refused, Missing), match=words):
            keys.destroy_version(clinic.desk, clinic.service, clinic.home.id, version, clinic.clock.tick())
    rotates(clinic)
    with pytest.raises(Refused, match="has not heard of the rotation"):
        keys.destroy_version(clinic.desk, clinic.service, clinic.home.id, 1, clinic.clock.tick())


def test_an_old_version_of_a_clinic_key_is_destroyed_with_what_came_late_moved_before(clinic, talk):
    visitor, _ = talk
    other = in_another_process(clinic)
    keys.rotate_clinic(other, clinic.service, clinic.home.id, clinic.clock.tick())
    late = clinic.visitor()
    late.opens("Late.")
    clinic.later(hours=2)
    keys.destroy_version(other, clinic.service, clinic.home.id, 1, clinic.clock.tick())
    assert (visitor.reads(), late.reads()) == (["Is the flu jab free?", "Yes."], ["Late."])
    [gone] = [row for row in clinic.rows("keys", purpose="clinic") if row.version == 1]
    assert gone.state == "destroyed" and not gone.wrapped
    assert rotates(clinic).version == 3, "a number is not given twice"
    other.close()


def test_a_key_that_somebody_altered_is_left_and_keeps_its_clinic_key_alive(clinic, talk):
    clinic.sql("UPDATE conversation_keys SET wrapped = :junk", junk=b"\1\2" + bytes(60))
    assert rotates(clinic).strange == 1
    clinic.later(hours=2)
    with pytest.raises(Refused, match=r"1 conversation key\(s\) and 0 other\(s\) are wrapped by version 1 and do not open"):
        keys.destroy_version(clinic.desk, clinic.service, clinic.home.id, 1, clinic.clock.tick())


def test_a_key_that_was_erased_meanwhile_does_not_come_back(clinic, talk):
    [row] = clinic.desk.database.read(lambda tx: rows.next_old(tx, clinic.home.id, 9, (SERVICE, 0), 9))
    clinic.sql("UPDATE conversation_keys SET wrapped = NULL")
    clinic.desk.database.write(lambda tx: rows.move_conversations(tx, clinic.home.id, 2, [(row, b"moved")]))
    assert [row.wrapped for row in clinic.rows("conversation_keys")] == [None]


def test_nothing_new_goes_under_a_key_that_is_destroyed(clinic, talk):
    """A process that slept through it all refuses, rather than keep what nobody could ever open."""
    asleep = in_another_process(clinic)
    asleep.keys.active(clinic.home.id, "clinic")
    rotates(clinic)
    clinic.later(hours=2)
    keys.destroy_version(clinic.desk, clinic.service, clinic.home.id, 1, clinic.clock.tick())
    clinic.desk, awake = asleep, clinic.desk
    with pytest.raises(Exception, match="cannot store anything just now"):
        clinic.visitor().opens("Hello?")
    clinic.desk = awake
    assert len(clinic.rows("conversations")) == len(clinic.rows("conversation_keys")) == 1
    asleep.close()


def test_a_new_root_wraps_the_epochs_and_the_old_one_is_needed_no_more(clinic, talk, tmp_path):
    visitor, _ = talk
    old, path = clinic.desk.settings, tmp_path / "keys" / "second.key"
    roots.create_file(path)
    both = Settings({**old, "root_key": (f"file:{path}", *old.root_key)}, old.environ)
    alone = Settings({**old, "root_key": (f"file:{path}",)}, old.environ)
    with pytest.raises(Misconfigured, match="This is the wrong key"):
        open_desk(alone)
    desk = in_another_process(clinic, both)
    moved = keys.rotate_root(desk, clinic.clock.tick())
    assert moved == list(epochs(clinic)) and keys.rotate_root(desk, clinic.clock.tick()) == []
    desk.close()
    in_another_process(clinic, alone).close()
    with pytest.raises(Misconfigured, match="This is the wrong key"):
        open_desk(old)
    assert visitor.reads() == ["Is the flu jab free?", "Yes."], "who serves goes on with what is open"


def test_what_was_erased_is_shredded_at_night_and_everything_else_opens(clinic, talk):
    visitor, _ = talk
    assert keys.shred(clinic.desk, clinic.clock.tick()) is None, "nothing was erased"
    gone = clinic.visitor()
    gone.opens("Nobody shall read this.")
    [leaked] = clinic.rows("conversation_keys", conversation_id=gone.conversation)
    clinic.sql("UPDATE conversation_keys SET wrapped = NULL WHERE conversation_id = :id", id=gone.conversation)
    clinic.desk.database.write(lambda tx: tx.insert("erasures", clinic_id=clinic.home.id, id=new_id(), object_kind="conversation",
                                                    object_id=gone.conversation, erased_at=clinic.clock()))
    [first] = epochs(clinic)
    clinic.later(minutes=10)
    done = keys.shred(clinic.desk, clinic.clock.tick())
    assert (done.clinics, done.moved) == (1, 1) and epochs(clinic)[first] == "retired"
    assert keys.shred(clinic.desk, clinic.clock.tick()) is None
    assert visitor.reads() == ["Is the flu jab free?", "Yes."]
    clinic.later(days=20)
    visitor.says("Still there?")
    assert keys.destroy_retired(clinic.desk, clinic.clock.tick()) == [], "backups are kept for 30 days"
    clinic.later(days=15)
    assert keys.destroy_retired(clinic.desk, clinic.clock.tick()) == [first]
    assert {row.version: row.state for row in clinic.rows("keys", purpose="clinic")} == {1: "destroyed", 2: "active"}
    fresh = in_another_process(clinic)
    with pytest.raises(Unverified):
        fresh.keys.conversation(clinic.home.id, gone.conversation, 1, bytes(leaked.wrapped), 1)
    assert len(visitor.reads()) == 3
    fresh.close()


def test_a_clock_that_leapt_ahead_destroys_nothing(clinic, talk):
    [first] = epochs(clinic)
    keys.rotate_epoch(clinic.desk, clinic.clock.tick())
    clinic.later(days=3 * 365)
    assert keys.destroy_retired(clinic.desk, clinic.clock.tick()) == [] and epochs(clinic)[first] == "retired"
    with pytest.raises(Refused, match=r"The clock says 2029.* nothing was recorded in the weeks before"):
        keys.destroy_epoch(clinic.desk, first, clinic.clock.tick())
    clinic.later(days=-3 * 365, hours=-1)
    with pytest.raises(Refused, match=r"Backups made until .* or say --early"):
        keys.destroy_epoch(clinic.desk, first, clinic.clock.tick())


def test_status_tells_what_there_is_and_what_was_not_finished(clinic, talk):
    done = keys.status(clinic.desk)
    assert [row["active"] for row in done["roots"]] == [True] and done["unfinished"] == []
    assert [row["keys"] for row in done["epochs"]] == [7]
    told = {(row["clinic"], row["purpose"]) for row in done["clinics"]}
    assert {("elm", "clinic"), ("elm", "data"), ("(service)", "rows")} <= told
    begins_epoch(clinic, clinic.clock.tick())
    clinic.desk.keys.reload()
    assert keys.status(clinic.desk)["unfinished"] == ["securemsg keys rotate --epoch"]
    assert keys.rotate_epoch(clinic.desk, clinic.clock.tick()).resumed
    assert keys.status(clinic.desk)["unfinished"] == []


def test_each_change_of_keys_is_on_record(clinic, talk):
    rotates(clinic)
    keys.rotate_epoch(clinic.desk, clinic.clock.tick())
    known = clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT action FROM audit ORDER BY id"))
    assert [action for (action,) in known if action.startswith("keys.")] == ["keys.rotated", "keys.moved", "keys.epoch_rotated"]


def test_a_root_that_is_away_is_found_out_before_anything_is_shredded(clinic, talk, monkeypatch):
    visitor, _ = talk
    clinic.desk.database.write(lambda tx: tx.insert("erasures", clinic_id=clinic.home.id, id=new_id(), object_kind="conversation",
                                                    object_id=new_id(), erased_at=clinic.clock()))
    before = epochs(clinic), clinic.rows("keys"), clinic.rows("conversation_keys")

    def away(*_: object) -> None:
        raise roots.Away("The holder of the root key does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(roots.RootKey, "wrap", away)
        for _ in range(2):
            with pytest.raises(roots.Away):
                keys.shred(clinic.desk, clinic.clock.tick())
    assert before == (epochs(clinic), clinic.rows("keys"), clinic.rows("conversation_keys"))
    assert keys.shred(clinic.desk, clinic.clock.tick()).clinics == 1 and len(visitor.reads()) == 2


def test_who_works_here_is_found_by_a_process_that_has_not_heard_of_the_rotation(clinic, talk):
    _, ana = talk
    clinic.desk.keys.active(clinic.home.id, "index")
    other = in_another_process(clinic)
    keys.rotate_clinic(other, clinic.service, clinic.home.id, clinic.clock.tick())
    other.close()
    asleep = dict(clinic.desk.keys._clinics._entries)
    assert people.named(clinic.desk, clinic.home.id, ana.person.email).id == ana.person.id
    clinic.desk.keys._clinics._entries.update(asleep)
    with pytest.raises(Refused, match="works here already"):
        people.add(clinic.desk, clinic.service, clinic.home, "Ana Again", ana.person.email, None, ("staff",), clinic.clock.tick())


def test_how_a_letter_went_is_told_although_the_key_was_rotated_meanwhile(clinic):
    letter = SimpleNamespace(clinic_id=clinic.home.id, id=new_id(), plugin="email", target="t", conversation_id=None, attempts=1,
                             event="message.received")
    waits = SimpleNamespace(**telling.report(clinic.desk, letter, "delivered", 250, clinic.clock()))
    rotates(clinic)
    assert telling.said(clinic.desk, waits)["outcome"] == "delivered"


def erased(clinic, visitor):
    """Somebody's conversation is erased; the night comes two hours later."""
    visitor.opens("Nobody shall read this.")
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())
    clinic.later(hours=2)


def versions(clinic):
    return [row.version for row in clinic.rows("keys", purpose="clinic")]


def changes_of_keys(clinic):
    known = clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT action FROM audit ORDER BY id"))
    return [row.action for row in known if row.action.startswith("keys.")]


def test_a_shred_that_was_killed_is_finished_by_the_next_night(clinic, visitor, monkeypatch):
    class Killed(BaseException):
        """As a kill."""

    erased(clinic, visitor)
    [old] = epochs(clinic)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        real = keystore.begin_epoch
        patched.setattr(keystore, "begin_epoch", lambda *given: (real(*given), (_ for _ in ()).throw(Killed)))
        keys.shred(clinic.desk, clinic.clock.tick())
    assert changes_of_keys(clinic)[-1] == "keys.epoch_rotated", "it is on record whoever finishes it"
    clinic.later(days=1)
    keys.shred(clinic.desk, clinic.clock.tick())
    assert keys.status(clinic.desk)["unfinished"] == [] and versions(clinic) == [1, 2]
    clinic.later(days=20)
    clinic.visitor().opens("Somebody works here.")
    clinic.later(days=15)
    assert keys.destroy_retired(clinic.desk, clinic.clock.tick()) == [old]


@pytest.mark.parametrize("fails", ["_write", "fresh_epoch"])
def test_a_night_that_fails_changes_no_key_and_tries_again_in_an_hour(clinic, visitor, monkeypatch, caplog, fails):
    visitor.opens("Nobody shall read this.")
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())
    night, tries = nightly.Nightly(clinic.desk, clinic.clock), []

    def away(*_, **__):
        tries.append(1)
        raise OSError(30, "Read-only file system")

    night.look()
    clinic.later(hours=2)
    with monkeypatch.context() as patched:
        patched.setattr(keystore, fails, away)
        for _ in range(5):
            assert not night.look()
            clinic.clock.at += SECOND // 2
    assert len(tries) == 1 and versions(clinic) == [1] and not changes_of_keys(clinic)
    assert [record.levelname for record in caplog.records if "begins anew in an hour" in record.message] == ["ERROR"]
    clinic.later(hours=1)
    night.look()
    assert versions(clinic) == [1, 2] and len(epochs(clinic)) == 2


def test_a_clinic_whose_keys_do_not_open_keeps_no_other_from_being_shredded(clinic, visitor, other_clinic, caplog):
    erased(clinic, visitor)
    theirs = other_clinic.visitor()
    theirs.opens("Neither this.")
    conversation.erase(clinic.desk, other_clinic.service, theirs.conversation, "asked for", clinic.clock.tick())
    clinic.later(hours=2)
    whole = bytes(clinic.rows("keys", purpose="clinic")[0].wrapped)
    clinic.sql("UPDATE keys SET wrapped = :junk WHERE purpose = 'clinic' AND clinic_id = :id", junk=b"\1\2" + bytes(60),
               id=clinic.home.id)
    assert keys.shred(clinic.desk, clinic.clock.tick()).clinics == 1
    assert (versions(clinic), versions(other_clinic)) == ([1], [1, 2])
    [told] = [record for record in caplog.records if "keys do not open" in record.message]
    assert told.clinic_id == clinic.home.id
    clinic.sql("UPDATE keys SET wrapped = :whole WHERE purpose = 'clinic' AND clinic_id = :id", whole=whole, id=clinic.home.id)
    clinic.later(days=1)
    assert keys.shred(clinic.desk, clinic.clock.tick()).clinics == 1
    assert (versions(clinic), versions(other_clinic)) == ([1, 2], [1, 2]), "its turn comes when they open again"


def with_copy(clinic, copy):
    old = clinic.desk.settings
    clinic.desk.settings = Settings({**old, "keystore_copy": copy}, old.environ)
    return clinic.desk.settings


def test_each_change_of_the_keystore_is_in_its_copy_at_once(clinic, visitor, tmp_path):
    copy = tmp_path / "another disk" / "keystore.json"
    copy.parent.mkdir()
    settings = with_copy(clinic, copy)
    erased(clinic, visitor)
    keys.shred(clinic.desk, clinic.clock.tick())
    in_another_process(clinic, Settings({**settings, "keystore": copy}, settings.environ)).close()
    assert copy.read_bytes() == settings.keystore.read_bytes() and copy.stat().st_mode & 0o777 == 0o600
    [old] = [id for id, state in epochs(clinic).items() if state == "retired"]
    clinic.later(days=31)
    keys.destroy_epoch(clinic.desk, old, clinic.clock.tick(), early=True)
    assert copy.read_bytes() == settings.keystore.read_bytes() and [*copy.parent.iterdir()] == [copy], "no older one"


def test_a_copy_that_cannot_be_written_is_told_and_loses_nothing(clinic, visitor, tmp_path, caplog):
    with_copy(clinic, tmp_path / "not mounted" / "keystore.json")
    erased(clinic, visitor)
    assert keys.shred(clinic.desk, clinic.clock.tick()).clinics == 1
    assert "the copy of the keystore could not be written" in caplog.text and not (tmp_path / "not mounted").exists()


def test_without_a_copy_the_night_says_that_copies_are_stale(clinic, visitor, caplog):
    erased(clinic, visitor)
    keys.shred(clinic.desk, clinic.clock.tick())
    assert "Copy it anew, or set SECUREMSG_KEYSTORE_COPY" in caplog.text
