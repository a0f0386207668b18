"""The fixtures of all tests come from one file each; nothing is defined here."""

import re

pytest_plugins = ("tests.order", "tests.servers", "tests.clinic", "tests.desk.door", "tests.desk.archives")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keys are made anew in each run: in the names of tests, which several processes compare, they would differ."""
    return "a-key" if isinstance(val, str) and re.search(r"sm(root|backup)1_", val) else None
