"""At the staff door: somebody who has enrolled, and what her app shows."""

import pytest

from securemsg.crypto import credentials
from securemsg.times import SECOND
from tests.people import code_at

PASSWORD = "four plain words here"


@pytest.fixture
def quick_hash(monkeypatch):
    """Argon2id costs 35 ms on purpose; here its smallest form does (tests/crypto tests the real one)."""
    monkeypatch.setattr(credentials, "_MEMORY_KIB", 8)
    monkeypatch.setattr(credentials, "_PASSES", 1)
    credentials.dummy_hash.cache_clear()
    yield
    credentials.dummy_hash.cache_clear()


@pytest.fixture
def enrolled(quick_hash, staff):
    """Ana with her password, her app (what it keeps) and her recovery codes."""
    staff.app, staff.codes = staff.enrols(PASSWORD)
    staff.clinic.later(minutes=1)
    return staff


def code(person):
    """What her app shows when the next act happens."""
    return code_at(person.app, person.clinic.clock() + SECOND)
