"""PostgreSQL keeps clinics apart by itself: with the service's own filter away, nobody sees or changes another clinic's rows."""

from contextlib import suppress

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import BigInteger, LargeBinary, SmallInteger

from securemsg import settings, store
from securemsg.crypto.keyring import SERVICE
from securemsg.errors import Unavailable
from securemsg.store.ids import new_id
from securemsg.store.postgresql_lease import PostgresqlLease
from securemsg.store.tables import Id, metadata
from tests.together import at_once

ELM, OAK = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
TABLES = [str(table.name) for table in metadata.sorted_tables if "clinic_id" in table.columns]
ALL = "SELECT clinic_id FROM events"


@pytest.fixture(scope="module")
def filled(postgresql, migrated_postgresql):
    """A database with a row of both clinics in every table, as a superuser puts them there: past all keys and policies."""
    name = postgresql.create(migrated_postgresql)
    with psycopg.connect(postgresql.url(name, "postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for clinic in (ELM, OAK):
            for table in (*TABLES, "clinics"):
                values = a_row(table, clinic)
                names = sql.SQL(", ").join(map(sql.Identifier, values))
                connection.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table), names, sql.SQL(", ").join(sql.Placeholder() * len(values))), list(values.values()))
        yield postgresql.url(name), connection
    postgresql.drop(name)


def a_row(table: str, clinic: str) -> dict[str, object]:
    """Any row: each column has a value of its type, and of this clinic where it must be one's own."""
    kinds = {BigInteger: 1, SmallInteger: 1, LargeBinary: clinic.encode()}
    values = {column.name: new_id() if column.type is Id else kinds.get(type(column.type), clinic)
              for column in metadata.tables[table].columns}
    return values | {"id" if table == "clinics" else "clinic_id": clinic}


@pytest.fixture
def database(filled):
    opened = store.connect(settings.load({"SECUREMSG_DATABASE_URL": filled[0]}))
    yield opened
    opened.close()


@pytest.fixture
def lease(database):
    held = PostgresqlLease(database.engine, "leader")
    assert held.held()
    yield held
    held.release()


def clinics_of(rows) -> list[str]:
    return sorted(row.clinic_id for row in rows)


def test_every_table_of_clinics_has_its_policy_and_it_binds_the_owner_too(filled):
    rows = filled[1].execute("SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r' AND"
                             " relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'").fetchall()
    assert dict(rows) == dict.fromkeys((*TABLES, "clinics"), True)
    policies = filled[1].execute("SELECT tablename, policyname, cmd, with_check FROM pg_policies").fetchall()
    assert sorted(policies) == sorted([*((table, "clinic", "ALL", None) for table in (*TABLES, "clinics")),
                                       ("clinics", "reference", "SELECT", None)])


@pytest.mark.parametrize("table", TABLES)
def test_without_a_filter_there_are_the_rows_of_one_clinic_only(database, table):
    unfiltered = f"SELECT clinic_id FROM {table}"
    for clinic in (ELM, OAK):
        assert clinics_of(database.read(lambda tx, own=clinic: tx.all(unfiltered, clinic_id=own))) == [clinic]
    assert database.read(lambda tx: tx.all(unfiltered)) == []
    assert clinics_of(database.read(lambda tx: tx.everywhere.all(unfiltered))) == [ELM, OAK]


@pytest.mark.parametrize("table", TABLES)
def test_nobody_writes_into_another_clinic(database, table):
    """Neither by a statement that names its own, nor by one that names none, nor by giving a row away."""
    def taken_back(fn):
        def tried(tx):
            changed.append(fn(tx))
            raise InterruptedError

        with suppress(InterruptedError):
            database.write(tried)

    changed, row = [], a_row(table, OAK)
    adds = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':v_{name}' for name in row)})"
    values = {f"v_{name}": value for name, value in row.items()}
    gives = f"UPDATE {table} SET clinic_id = :v_clinic_id"
    for named in ({"clinic": ELM}, {}):
        for independent in (False, True):
            with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
                database.write(lambda tx, named=named: tx.run(adds, **named, **values), independent=independent)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        database.write(lambda tx: tx.run(gives, clinic=ELM, v_clinic_id=OAK))
    taken_back(lambda tx: tx.run(f"UPDATE {table} SET clinic_id = clinic_id", clinic=ELM))
    taken_back(lambda tx: tx.run(f"UPDATE {table} SET clinic_id = clinic_id"))
    taken_back(lambda tx: tx.run(f"DELETE FROM {table} WHERE clinic_id = :oak", clinic=ELM, oak=OAK))
    assert changed == [1, 0, 0]


def test_who_a_clinic_is_can_be_asked_by_everybody_and_changed_by_itself(database):
    assert len(database.read(lambda tx: tx.all("SELECT slug FROM clinics"))) == 2
    changes = "UPDATE clinics SET version = version + 1"
    assert [database.write(lambda tx, named=named: tx.run(changes, **named)) for named in ({"clinic": ELM}, {})] == [1, 0]
    with pytest.raises(errors.InsufficientPrivilege):
        database.write(lambda tx: tx.insert("clinics", **a_row("clinics", new_id()), or_nothing=True))


class Broken(Exception):
    pass


def breaks(tx):
    tx.all(ALL, clinic=ELM)
    raise Broken


def fails(tx):
    tx.all(ALL, clinic=ELM)
    tx.run("SELECT 1 / 0", clinic=ELM)


def is_killed(tx):
    tx.run("SET LOCAL statement_timeout = '20ms'", clinic=ELM)
    tx.run("SELECT pg_sleep(5)", clinic=ELM)


def is_killed_reading(tx):
    tx.run("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)", clinic=ELM)


def ends_by_itself(tx):
    tx.all(ALL, clinic=ELM)
    tx.run("ROLLBACK", clinic=ELM)


def is_for_all(tx):
    tx.everywhere.all(ALL)


def is_for_one(tx):
    tx.all(ALL, clinic=ELM)


@pytest.mark.parametrize(("way", "fn"), [
    ("read", is_for_one), ("read", is_for_all), ("read", breaks), ("read", fails), ("read", is_killed_reading),
    ("write", is_for_one), ("write", is_for_all), ("write", breaks), ("write", fails), ("write", is_killed),
    ("write", ends_by_itself)])
def test_a_connection_carries_no_clinic_over_to_the_next(database, way, fn):
    """However the one before it ended; and whatever was asked before that."""
    for before in (ELM, OAK):
        database.read(lambda tx, before=before: tx.all(ALL, clinic=before))
        pid = database.read(lambda tx: tx.one("SELECT pg_backend_pid() AS pid")).pid
        with suppress(Broken, Unavailable, errors.DivisionByZero, errors.QueryCanceled):
            getattr(database, way)(fn)
        assert database.read(lambda tx: tx.all(ALL)) == []
        with suppress(Broken, Unavailable, errors.DivisionByZero, errors.QueryCanceled):
            getattr(database, way)(fn)
        assert clinics_of(database.read(lambda tx: tx.all(ALL, clinic=OAK))) == [OAK]
        assert clinics_of(database.write(lambda tx: tx.all(ALL, clinic=ELM))) == [ELM]
        assert database.write(lambda tx: tx.all(ALL)) == []
        assert database.read(lambda tx: tx.one("SELECT pg_backend_pid() AS pid")).pid == pid, "it was another connection"


@pytest.mark.parametrize("way", ["read", "write"])
def test_each_statement_reaches_what_it_names(database, way):
    """Also beside others in one transaction; what is after it stands where it stood before."""
    def looks(tx):
        return [clinics_of(each.all(ALL, **named)) for each, named in (
            (tx, {"clinic": ELM}), (tx.everywhere, {}), (tx, {}), (tx, {"clinic": SERVICE}), (tx, {"clinic_id": ELM}))]

    for before in (ELM, OAK):
        database.read(lambda tx, own=before: tx.all(ALL, clinic=own))
        assert getattr(database, way)(looks) == [[ELM], [ELM, OAK], [], [], [ELM]]
        assert clinics_of(database.read(lambda tx, own=before: tx.all(ALL, clinic=own))) == [before]


def test_what_goes_over_as_one_statement_takes_its_clinic_along(database):
    unfiltered, found = "UPDATE events SET seq = coalesce(seq, 0) + 1", "SELECT clinic_id, seq FROM events"
    for own, other in ((ELM, OAK), (OAK, ELM)):
        before = dict(database.read(lambda tx: tx.everywhere.all(found)))
        assert database.write(lambda tx, own=own: tx.run(unfiltered, clinic=own), independent=True) == 1
        after = dict(database.read(lambda tx: tx.everywhere.all(found)))
        assert (after[own], after[other]) == (before[own] + 1, before[other])


def test_many_at_once_see_their_own_clinic_only(database):
    def looks(number: int) -> set[str]:
        own, seen = (ELM, OAK)[number % 2], set()
        for turn in range(30):
            way = database.write if turn % 3 == 0 else database.read
            seen |= {row.clinic_id for row in way(lambda tx: tx.all(ALL, clinic=own))}
        return seen

    assert at_once(8, looks) == [{ELM}, {OAK}] * 4


def test_who_leads_is_behind_the_wall_as_well(lease):
    for clinic in (ELM, OAK, ELM):
        assert clinics_of(lease.read(lambda tx, own=clinic: tx.all(ALL, clinic_id=own))) == [clinic]
        assert clinics_of(lease.write(lambda tx, own=clinic: tx.all(ALL, clinic_id=own))) == [clinic]
    assert lease.read(lambda tx: tx.all(ALL)) == []


def test_a_view_of_all_rows_has_all_rows_and_leaves_nothing_behind(database):
    with database.snapshot() as stream:
        assert sum(len(batch) for batch in stream(ALL)) == 2
    assert database.read(lambda tx: tx.all(ALL)) == []


def test_the_clinic_in_a_statement_is_a_value_and_never_its_text(database):
    rude = "x'; SET securemsg.clinic = 'everywhere'; --"
    assert database.write(lambda tx: tx.all(ALL, clinic=rude)) == []
    assert database.read(lambda tx: tx.all(ALL, clinic=rude)) == []
    assert database.read(lambda tx: tx.all(ALL)) == []


@pytest.mark.parametrize("name", ["clinic", "clinic_id"])
def test_the_word_for_all_clinics_is_no_clinic(database, name):
    """As a value it would open the wall where nobody looks for that: `tx.everywhere` can be searched for."""
    word = {name: "everywhere"}
    for way, does in ((database.read, lambda tx: tx.all(ALL, **word)), (database.write, lambda tx: tx.all(ALL, **word)),
                      (database.write, lambda tx: tx.run_all(ALL, [word])),
                      (lambda fn: database.write(fn, independent=True), lambda tx: tx.run(ALL, **word))):
        with pytest.raises(LookupError, match="everywhere"):
            way(does)


def test_a_transaction_says_its_clinic_even_where_the_connection_should_know_it(database):
    for told in (OAK, "everywhere"):
        database.read(lambda tx, told=told: tx.all("SELECT set_config('securemsg.clinic', :told, false)", told=told, clinic=OAK))
    assert clinics_of(database.write(lambda tx: tx.all(ALL, clinic=OAK))) == [OAK]


def test_the_first_statement_of_a_write_takes_its_clinic_along(database, monkeypatch):
    """Two round trips beside those of its statements, whichever clinic it is about: none for the wall."""
    sent = []
    execute = psycopg.Connection.execute
    monkeypatch.setattr(psycopg.Connection, "execute", lambda self, *words, **named: (
        sent.append(words[0]), execute(self, *words, **named))[1])
    for clinic in (ELM, OAK):
        sent.clear()
        database.write(lambda tx, own=clinic: tx.all(ALL, clinic=own))
        assert len(sent) == 2
