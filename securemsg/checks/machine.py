"""The computer it runs on: room, clock, memory, how many connections it allows."""

import os
import resource
import shutil
from pathlib import Path

from securemsg.checks.finding import Bad, Doubtful, Patient
from securemsg.deadlines import DEADLINES
from securemsg.store import state
from securemsg.times import SECOND, now, rfc3339

_SCARCE_BYTES, _GONE_BYTES = 2 * 1024**3, 200 * 1024**2
_SCARCE_PART = 0.05
_CONNECTIONS = 12_000  # as many as serving.py takes, each a file
_BUILT_AT = 1_764_547_200 * SECOND  # December 2025: a clock before that was never set
_AHEAD_SECONDS, _APART_SECONDS = 60, 2


def room(patient: Patient) -> str:
    """Bytes and inodes where the data lie; before there is a folder, where it would be made."""
    folder = next(path for path in (patient.settings.data, *patient.settings.data.parents) if path.exists())
    free, files = shutil.disk_usage(folder).free, os.statvfs(folder)
    told = f"{free / 1024**3:.1f} GB are free at {folder}"
    if free < _GONE_BYTES or (files.f_files and not files.f_favail):
        raise Bad(f"Only {told} and {files.f_favail} files: make room now, or messages will be refused.")
    if free < _SCARCE_BYTES or (files.f_files and files.f_favail < files.f_files * _SCARCE_PART):
        raise Doubtful(f"Only {told}, and room for {files.f_favail} files: make room soon.")
    return f"{told}."


def clock(patient: Patient) -> str:
    """Against what is stored and against the database server's: times of messages and sessions hang on it."""
    here = now()
    if here < _BUILT_AT:
        raise Bad(f"The clock says {rfc3339(here)}, which cannot be. Set it, and keep it set by NTP.")
    newest = patient.database.read(state.newest_row_at) if patient.database else None
    if newest and (ahead := (newest - here) / SECOND) > _AHEAD_SECONDS:
        raise Bad(f"The clock says {rfc3339(here)}, {ahead:.0f} seconds before the newest row that is stored: "
                  "it went back, or stood ahead then. Set it, and keep it set by NTP.")
    server = state.server_clock(patient.database) if patient.database else None
    if server and (apart := abs(server - here) / SECOND) > _APART_SECONDS:
        raise (Bad if apart > _AHEAD_SECONDS else Doubtful)(
            f"This clock and the database server's are {apart:.0f} seconds apart. Keep both set by NTP.")
    return f"The clock says {rfc3339(here)}, and nothing stored speaks against it."


def memory(patient: Patient) -> str:
    """Keys and words are in it while the service runs."""
    swaps = Path("/proc/swaps")
    if swaps.exists() and len(swaps.read_text().splitlines()) > 1:
        raise Doubtful("The service makes no core dumps, but this computer swaps: memory with keys in it may reach the disk. "
                       "Encrypt the swap, or switch it off.")
    return "The service makes no core dumps, and this computer does not swap."


def connections(patient: Patient) -> str:
    """Each open stream is a file; the service raises the soft limit to the hard one by itself."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _CONNECTIONS:
        raise Doubtful(f"This user may open {most} files, and each open page holds one: the service takes {_CONNECTIONS} "
                       "connections at most. Raise the hard limit (ulimit -Hn, or LimitNOFILE).")
    return f"There may be {_CONNECTIONS} connections at once; one that is idle ends after {DEADLINES.idle:.0f} seconds."
