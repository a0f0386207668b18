"""Who runs what, and when: `make test` has two processes for each processor, since most tests wait for other programs."""

import gc

import pytest
from xdist.scheduler import LoadFileScheduling

_MIDDLE = "tests/browser/test_p"  # as long before as after


gc.disable()  # until all tests are known: they stay, and looking through them for garbage would take a fifth of that time


def pytest_collection_finish() -> None:
    """What is there now is never looked through: each time that took a quarter of a second, in each process."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: the browser, then the files beside the folders, which install, build and serve."""
    items.sort(key=lambda item: ("browser" not in item.path.parts, len(item.path.parts)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    return Houses(config, log) if config.getoption("dist") == "loadfile" else None


class Houses(LoadFileScheduling):
    """A file stays in one process. So does each half of the browser tests: they share a house and a Chromium, which keeps a
    processor busy, so that more of them would only wait for each other."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return f"tests/browser {file < _MIDDLE}" if file.startswith("tests/browser/") else file
