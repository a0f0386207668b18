"""The fixtures of all tests come from one file each; nothing is defined here."""

pytest_plugins = ("tests.servers", "tests.clinic", "tests.desk.door", "tests.desk.archives")
