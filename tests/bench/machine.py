"""What this machine says: CPU of a tree of processes, their memory, and what all others take meanwhile."""

import os
import platform
import statistics
import subprocess
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from time import perf_counter

import psutil

_PACKAGES = ("flask", "gunicorn", "gevent", "sqlalchemy", "psycopg", "cryptography", "limits", "marshmallow")


def tree(pid: int | None) -> list[psutil.Process]:
    """A process and all that descend from it; nothing for None."""
    with suppress(psutil.NoSuchProcess):
        if pid is None:
            return []
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def cpu_seconds(pid: int | None) -> float:
    """CPU that a tree has used, all its threads and the children it has buried included."""
    total = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_mb(pid: int) -> float:
    """Memory of a tree: each page counted once, shared ones by halves (proportional set size)."""
    total_kb = 0
    for process in tree(pid):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        total_kb += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024


class Meter:
    """What everybody else does on this machine, from now on. Ours is what descends from this process."""

    def __init__(self) -> None:
        self._begun, self._all, self._own = perf_counter(), _busy_seconds(), cpu_seconds(os.getpid())

    def others(self) -> float:
        """How many cores the others kept busy, on average."""
        everybody, own = _busy_seconds() - self._all, cpu_seconds(os.getpid()) - self._own
        return max(0.0, everybody - own) / (perf_counter() - self._begun)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return (
        sum(times) - times.idle - times.iowait - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0)
    )


def environment(folder: Path) -> dict[str, object]:
    """What a reader needs to compare these numbers with others."""
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "fdatasync_us": round(_fdatasync_us(folder)),
        "commit": _commit(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def _fdatasync_us(folder: Path) -> float:
    """What the disk takes to keep 4 kB: the floor under every durable commit."""
    times = []
    with open(folder / "fdatasync", "wb", buffering=0) as file:
        for _ in range(100):
            file.write(bytes(4096))
            begun = perf_counter()
            os.fdatasync(file.fileno())
            times.append(perf_counter() - begun)
    return statistics.median(times) * 1e6


def _commit() -> str:
    with suppress(OSError):
        asked = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    return ""
