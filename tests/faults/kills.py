"""Ways in which a running service is killed; and how somebody asks who does not know whether anybody listens."""

from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException

import psutil

from tests.http.browser import Answer
from tests.http.running import Running


def power_cut(service: Running) -> None:
    """Every process of it at once; then somebody starts it again."""
    service.service.kill()
    service.start()


def killed_worker(service: Running) -> None:
    """The process that serves, as the kernel does when memory is short; gunicorn starts another."""
    [worker] = psutil.Process(service.service.process.pid).children()
    worker.kill()
    psutil.wait_procs([worker], 5)


def killed_master(service: Running) -> None:
    """The process that watches over it. The one that serves notices and ends; then somebody starts it again."""
    process = service.service.process
    [worker] = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    assert psutil.wait_procs([worker], 10)[1] == [], "it serves on though nobody watches over it"
    service.start()


def answered(ask: Callable[[], Answer]) -> Answer | None:
    """None while nobody listens, or the answer breaks off."""
    with suppress(OSError, HTTPException):
        return ask()
    return None
