"""The migrations lead to exactly the tables that tables.py shows, on both databases."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, inspect

from securemsg import store
from securemsg.settings import load
from securemsg.store import deliveries, migrate
from securemsg.store.deliveries import Claim
from securemsg.store.ids import new_id
from securemsg.store.tables import metadata
from tests.service import until
from tests.store.forms import put_back

VERSIONS = Path(store.__file__).parent / "migrations" / "versions"


def test_the_migrated_tables_are_those_on_the_page(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_heads() == (max(path.name for path in VERSIONS.glob("0*.py")).partition("_")[0],)


def test_migrating_again_changes_nothing(database):
    before = inspect(database.engine).get_table_names()
    migrate(database)
    assert inspect(database.engine).get_table_names() == before


def test_every_row_belongs_to_a_clinic_and_is_found_by_it_first():
    for table in metadata.sorted_tables:
        names = [column.name for column in table.primary_key.columns]
        assert names[0] == ("id" if table.name == "clinics" else "clinic_id"), table.name


def test_references_never_leave_the_clinic():
    for table in metadata.sorted_tables:
        for reference in table.foreign_key_constraints:
            pairs = [(element.parent.name, element.target_fullname) for element in reference.elements]
            assert pairs[0][0] == "clinic_id" and pairs[0][1].endswith((".clinic_id", "clinics.id")), f"{table.name}: {pairs}"


def test_no_index_crosses_clinics_but_those_of_slugs_of_expiry_and_of_what_is_due():
    crossing = {index.name for table in metadata.sorted_tables for index in table.indexes if index.columns[0].name != "clinic_id"}
    assert crossing == {"ix_idempotency_expires_at", "ix_returns_expires_at", "ix_outbox_due"}


def test_what_is_sealed_is_bytes_and_may_be_taken_away():
    sealed = [column for table in metadata.sorted_tables for column in table.columns if column.info.get("sealed")]
    assert len(sealed) > 15
    assert all(isinstance(column.type, LargeBinary) for column in sealed)


def test_reference_to_a_row_of_another_clinic_is_refused_by_the_database(clinic, other_clinic):
    category = other_clinic.home.categories[0]
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        clinic.sql(
            "INSERT INTO conversations (clinic_id, id, reference, category_id, about, language, urgency, waiting_on, created_at,"
            " last_at, head, mac) VALUES (:clinic_id, :category_id, 'X', :category_id, 'me', 'en', 'normal', 'staff', 1, 1,"
            " :head, :head)",
            clinic_id=clinic.home.id, category_id=category.id, head=b"")


def test_two_that_start_at_once_migrate_one_after_the_other(tmp_path):
    url = f"sqlite:///{tmp_path}/new/securemsg.db"
    program = ("from securemsg import store; from securemsg.settings import load;"
               f"d = store.connect(load({{'SECUREMSG_DATABASE_URL': {url!r}}})); store.migrate(d); d.close()")
    database = store.connect(load({"SECUREMSG_DATABASE_URL": url}))
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) as other:
        until((tmp_path / "new" / "writer.lock").exists, what="the other one")  # it opens this before it migrates
        migrate(database)
        _, said = other.communicate(timeout=60)
    assert other.returncode == 0, said
    assert inspect(database.engine).has_table("messages")
    database.close()


def test_what_waited_in_an_older_form_goes_on_waiting(clinic):
    """The outbox and the tasks are copied on SQLite: what an older version had written there is as it was, and is found."""
    database, home = clinic.desk.database, clinic.home.id
    put_back(database, "0009")
    event, row = new_id(), new_id()
    opened = "conversation.opened"
    database.write(lambda tx: (
        tx.insert("events", clinic_id=home, id=event, kind=opened, happened_at=1),
        tx.insert("outbox", clinic_id=home, id=row, plugin="mail", target="", event_id=event, event=opened, due_at=1)))
    store.migrate(database)
    claim = Claim("mail", "me", 2, 10)
    [found] = database.write(lambda tx: deliveries.claim(tx, claim, database.skip_locked))
    assert (found.id, found.hook, found.plugin, found.event_id) == (row, "happened", "mail", event)
    put_back(database, "0009")
    store.migrate(database)
    assert [each.id for each in clinic.rows("outbox")] == [row]
