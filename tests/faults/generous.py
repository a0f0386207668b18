"""The service with larger limits, for people who repeat what was refused twenty times a second."""

import sys

from tests.service import ROOT, Service


class Generous(Service):
    """Only the amounts in the table of limits differ: see tests/bench/served.py."""

    loads = "tests.bench.served:serve()"

    @property
    def environ(self) -> dict[str, str]:
        return super().environ | {"PYTHONPATH": str(ROOT)}

    def words(self, *verb: str) -> list[str]:
        if verb:
            return super().words(*verb)
        how = ["-c", str(ROOT / "securemsg" / "serving.py"), f"--bind=127.0.0.1:{self.port}"]
        return [sys.executable, "-m", "gunicorn", *how, self.loads]
