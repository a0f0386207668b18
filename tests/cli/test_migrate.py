"""`securemsg migrate`, and every other command on tables that an earlier version of the program left."""

import re

import pytest

from securemsg import store
from securemsg.errors import Misconfigured
from securemsg.settings import load
from securemsg.store import lease
from securemsg.store.migrate import revisions
from securemsg.store.sqlite import claim
from tests.cli.conftest import is_a_sentence
from tests.http.running import running
from tests.readme import README
from tests.store.forms import put_back

OLDER, NEWEST = revisions()[-2], revisions()[-1]
OTHERS = (("clinic", "list"), ("clinic", "show", "harbour-lane"), ("clinic", "set", "harbour-lane", "--name", "x"),
          ("staff", "list", "harbour-lane"), ("token", "list", "harbour-lane"), ("audit", "verify"), ("audit", "checkpoint"),
          ("audit", "export"), ("init",))


@pytest.fixture
def older(securemsg):
    """Two furnished clinics as the earlier version left them; what form the tables have now."""
    database = store.connect(load())
    put_back(database, OLDER)
    yield lambda: store.form(database)
    database.close()


def test_no_other_command_changes_the_form_of_the_tables_and_each_says_what_to_do(securemsg, older):
    for command in OTHERS:
        said = securemsg(*command)
        assert is_a_sentence(said, OLDER, NEWEST, "`securemsg migrate`") and older() == OLDER, (command, said)
        assert said.err.index("securemsg backup") < said.err.index("securemsg migrate")
    assert securemsg("doctor").status == 1 and older() == OLDER


def test_a_backup_is_made_of_them_as_they_are_and_migrate_brings_them_to_the_newest_form(securemsg, older, tmp_path, monkeypatch):
    made = securemsg("backup-key", str(tmp_path / "backup.key"))
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", made.out.strip().partition("=")[2])
    assert securemsg("backup", str(tmp_path / "before")).status == 0 and older() == OLDER
    said = securemsg("migrate")
    assert said.status == 0 and f"form {NEWEST} now; they had {OLDER}" in said.out and older() == NEWEST
    assert "Nothing was changed" in securemsg("migrate").out and securemsg("audit", "verify").status == 0
    assert securemsg("restore", str(tmp_path / "before"), "--check", "--key", str(tmp_path / "backup.key")).status == 0


def test_keys_that_do_not_fit_leave_them_as_they_are(securemsg, older, tmp_path):
    (tmp_path / "data.keys" / "root.key").unlink()
    assert is_a_sentence(securemsg("migrate"), "Put it back") and older() == OLDER


def test_while_a_process_serves_them_they_stay_as_they_are(securemsg, older):
    database = store.connect(load())
    with claim(database):
        for command in ("migrate", "serve"):
            assert is_a_sentence(securemsg(command), "a process of the other version serves them", "Stop that one")
            assert older() == OLDER
    database.close()


def test_while_a_node_leads_on_postgresql_they_stay_as_they_are(postgresql, migrated_postgresql):
    name = postgresql.create(migrated_postgresql)
    database = store.connect(load({"SECUREMSG_DATABASE_URL": postgresql.url(name)}))
    put_back(database, OLDER)
    leader = lease(database)
    assert leader.held()
    with pytest.raises(Misconfigured, match="a process of the other version serves them"):
        store.modernize(database)
    assert store.form(database) == OLDER
    leader.release()
    store.modernize(database)
    assert store.form(database) == NEWEST
    database.close()
    postgresql.drop(name)


def test_serve_brings_them_to_the_newest_form(furnished, make_service):
    service = running(make_service(), *furnished).service
    database = store.connect(load(service.environ))
    put_back(database, OLDER)
    service.start()
    assert store.form(database) == NEWEST
    database.close()


def test_where_nothing_is_nothing_is_made(empty, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREMSG_DATA")
    for command in (*OTHERS[:-1], ("migrate",), ("serve",), ("backup", "x")):
        assert is_a_sentence(empty(*command), "There is no service in the data folder", "securemsg init"), command
    assert not list(tmp_path.iterdir())


def test_the_readme_says_how_in_an_order_that_works():
    """The order is played above: a backup by tables of any form, doctor that fails, migrate, serve."""
    steps = README.read_text("utf-8").partition("### Upgrade")[2].partition("```sh\n")[2].partition("```")[0]
    assert re.findall(r"^(?:us|securemsg|systemctl|pip) (\w+)", steps, re.M) == [
        "backup", "stop", "install", "doctor", "migrate", "start"]


def test_the_way_back_is_the_archive(securemsg, tmp_path, monkeypatch):
    """An older version meets newer tables; from the archive that it made before, it goes on elsewhere with the same keys."""
    made = securemsg("backup-key", str(tmp_path / "backup.key"))
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", made.out.strip().partition("=")[2])
    assert securemsg("backup", str(tmp_path / "before")).status == 0
    database = store.connect(load())
    database.write(lambda tx: tx.run("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for command in (("clinic", "list"), ("backup", str(tmp_path / "x")), ("migrate",), ("serve",)):
        assert is_a_sentence(securemsg(*command), "a newer securemsg made", "Nothing was changed"), command
    (tmp_path / "data").rename(tmp_path / "moved")
    assert securemsg("restore", str(tmp_path / "before"), "--key", str(tmp_path / "backup.key")).status == 0
    assert "harbour-lane" in securemsg("clinic", "list").out
