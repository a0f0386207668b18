"""System calls of a running process that fail: strace's injection, attached to it while a block runs."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.service import until


@contextmanager
def attached(pid: int, *calls: str) -> Iterator[None]:
    """While the block runs, each of `calls` fails in all threads of the process: `fdatasync:error=EIO:when=1+3` is
    every third one (strace's manual, "Tampering"). Fails with a sentence where nobody may watch processes."""
    tracer = subprocess.Popen([*words(*calls), "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: _is_watched(pid) or tracer.poll() is not None, 10, "strace to attach")
        assert tracer.poll() is None, ("strace may not watch the service, which this test needs (ptrace; in a container"
                                       f" --cap-add=SYS_PTRACE): {tracer.stderr and tracer.stderr.read()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)  # it lets go, and the process runs on
        tracer.communicate(timeout=10)


def words(*calls: str) -> list[str]:
    """What to put in front of a program, so that these calls fail in it from its start."""
    assert shutil.which("strace"), "This test makes system calls fail with strace: install your system's package `strace`."
    names = ",".join(call.partition(":")[0] for call in calls)
    injections = (part for call in calls for part in ("-e", f"inject={call}"))
    return ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={names}", *injections]


def _is_watched(pid: int) -> bool:
    """Whether every thread of it is."""
    states = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return all("TracerPid:\t0\n" not in state for state in states)
