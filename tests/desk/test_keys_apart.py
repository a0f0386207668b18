"""Two computers on one database whose keystores are files of their own: it is told before either lacks what the other has."""

import shutil
from contextlib import closing

import pytest

from securemsg.crypto import keystore, roots
from securemsg.desk import open_desk
from securemsg.desk.keys import rotate_epoch, rotate_root
from securemsg.desk.keys.apart import Telling, apart
from securemsg.errors import Misconfigured
from tests.desk.archives import changed, everything


@pytest.fixture
def other(clinic, tmp_path):
    """The desk of another computer on the same database, with a copy of the keystore."""
    copy = tmp_path / "other" / "keystore.json"
    copy.parent.mkdir(mode=0o700)
    shutil.copy(clinic.desk.settings.keystore, copy)
    with closing(open_desk(changed(clinic.desk.settings, keystore=copy), clinic.clock)) as desk:
        yield desk


def told(desk) -> list[str]:
    return list(apart(desk.database, desk.settings.keystore, desk.clock()))


def test_who_has_what_the_other_has_not_is_told_on_both_sides(clinic, other):
    here, there = Telling(clinic.desk), Telling(other)
    for each in (here, there, here):
        each.look()
    assert told(clinic.desk) == told(other) == []
    rotate_epoch(clinic.desk, clinic.clock.tick())
    for minutes in (1, 4):
        clinic.later(minutes=minutes)
        here.look()
        there.look()
        assert bool(told(clinic.desk)) == (minutes == 4), "first it may just not have looked"
        assert "is not in" in told(other)[0], "it cannot open what is sealed now"
    assert "older copy" in told(clinic.desk)[0] and len(told(clinic.desk)) == 1
    shutil.copy(clinic.desk.settings.keystore, other.settings.keystore)
    there.look()
    assert told(clinic.desk) == told(other) == []


def test_a_process_without_the_new_root_is_told_of_before_it_serves_nobody(clinic, tmp_path, caplog):
    roots.create_file(tmp_path / "second.key")
    names = (f"file:{tmp_path / 'second.key'}", *clinic.desk.settings.root_key)
    with closing(open_desk(changed(clinic.desk.settings, root_key=names), clinic.clock)) as anew:
        rotate_root(anew, clinic.clock.tick())
        Telling(anew).look()
        assert told(anew) == [] and not caplog.records
        Telling(clinic.desk).look()
        [sentence] = told(anew)
        assert "was not given the root key" in sentence and "was not given" in caplog.text


def test_who_has_ended_counts_no_more_and_is_forgotten_after_a_day(clinic, other):
    Telling(other).look()
    rotate_epoch(clinic.desk, clinic.clock.tick())
    clinic.later(minutes=10)
    assert told(clinic.desk) == []
    clinic.later(days=2)
    Telling(clinic.desk).look()
    assert len(clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT id FROM keystores"))) == 1


def test_a_keystore_that_cannot_be_read_ends_no_process(clinic):
    path = clinic.desk.settings.keystore
    path.rename(path.with_name("moved"))
    Telling(clinic.desk).look()
    assert clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT id FROM keystores")) == []


def test_a_keystore_of_another_service_opens_nothing_and_touches_nothing(clinic, visitor, tmp_path):
    visitor.opens("Hello?")
    keystore.create(path := tmp_path / "strange" / "keystore.json", clinic.desk.keys.roots[0])
    before = everything(clinic.desk.database)
    with pytest.raises(Misconfigured, match="Is this the keystore that belongs to this database"):
        open_desk(changed(clinic.desk.settings, keystore=path), clinic.clock)
    assert everything(clinic.desk.database) == before and visitor.reads() == ["Hello?"]
