"""A PostgreSQL server that goes away and comes back, hangs and wakes up, and cuts its clients off."""

import signal
import subprocess

import psutil

from tests.postgresql import PostgreSQL
from tests.service import until


class Restartable(PostgreSQL):
    """A server of a test's own. One that is killed must be `durable`: others promise nothing for that."""

    def goes(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is "fast": it ends its clients' sessions and leaves. SIGQUIT is "immediate": as if the power were cut."""
        self.process.send_signal(how)
        self.process.wait(20)

    def comes_back(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.process.args, stdout=log, stderr=log, cwd="/", **self._who)
        until(self._answers, what="PostgreSQL")

    def hangs(self) -> None:
        """Every process of it stands still; whoever speaks to it hears nothing."""
        self._signal(signal.SIGSTOP)

    def wakes_up(self) -> None:
        self._signal(signal.SIGCONT)

    def cuts(self, database: str) -> None:
        """End every session of a database, whatever it is doing."""
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     f" WHERE datname = '{database}' AND pid <> pg_backend_pid()")

    def _signal(self, how: signal.Signals) -> None:
        parent = psutil.Process(self.process.pid)
        for process in (parent, *parent.children()):
            process.send_signal(how)
