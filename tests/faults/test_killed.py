"""The server is killed again and again while people write: what was acknowledged is there, once, in order."""

import random

import psutil
import pytest

from tests.faults.account import rounds, settled
from tests.faults.crowd import Crowd
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


@pytest.mark.parametrize("way", [power_cut, killed_worker, killed_master])
def test_killed_while_people_write(service, way):
    recoveries = []
    with Crowd(service.visitor, staff=service.staff("Ana")) as crowd:
        for _ in rounds(short=2):
            crowd.sends(random.randint(5, 25))
            way(service)
            recoveries.append(crowd.recovers())
    settled(way.__name__.replace("_", " "), crowd, recoveries)
