"""What a clinic sets for its plugins: it counts at once, it is sealed, and what does not count any more says so."""

import signal
import subprocess
import sys

import pytest

from securemsg.desk import plugin_settings
from securemsg.desk.plugin_settings import change, kept, of
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Unavailable
from securemsg.registry import Registry, guard
from tests.plugins.made import made

OAK = """
def leaves(text):
    if not text.isdigit():
        raise ValueError("it must be a number")
    return int(text)
def breaks(text):
    return 1 / 0 if text else text
@hookimpl
def settings():
    yield Setting("leaves", "3", "How many.", leaves)
    yield Setting("key", "", "Its key.", secret=True)
    yield Setting("breaks", "", "It breaks.", breaks)
    yield Setting("url", "", "Where it is told.", per="service")
"""


@pytest.fixture
def oak(clinic):
    clinic.desk.registry = Registry.of({"oak": made("oak", OAK), "elm": made("elm")}, {"SECUREMSG_OAK_URL": "https://oak.example",
                                                                                       "SECUREMSG_OAK_LEAVES": "5"})
    return clinic


def sets(clinic, by=None, shown=None, **texts):
    change(clinic.desk, by or clinic.service, "oak", texts, clinic.clock.tick(), shown)


def values(clinic, plugin="oak"):
    return of(clinic.desk, clinic.home.id, plugin)


def refused(clinic, **texts):
    with pytest.raises(Refused) as refusal:
        sets(clinic, **texts)
    return refusal.value.errors


def test_what_the_service_has_counts_until_the_clinic_sets_its_own(oak, other_clinic):
    assert values(oak) == {"leaves": 5, "key": "", "breaks": "", "url": "https://oak.example"} and values(oak, "elm") == {}
    sets(oak, leaves="7", key="open sesame")
    assert (values(oak)["leaves"], values(oak)["key"]) == (7, "open sesame")
    assert values(other_clinic)["leaves"] == 5
    sets(oak, leaves="")
    assert (values(oak)["leaves"], values(oak)["key"]) == (5, "open sesame")


def test_what_the_plugin_cannot_read_is_refused_with_its_sentence(oak):
    assert refused(oak, leaves="many", key="x") == {"leaves": ["It must be a number."]}
    assert refused(oak, breaks="x") == {"breaks": ["The plugin could not read it."]}
    assert refused(oak, leaves="1" * 50_001) == {"leaves": ["It has more than 50,000 characters."]}
    assert refused(oak, key="a\0b") == {"key": ["It has a character that no text has."]}
    for name in ("url", "nothing"):
        assert refused(oak, **{name: "x"}) == {name: ["There is no such setting of a clinic."]}
    assert oak.rows("plugin_settings") == []


def test_only_an_owner_may_and_of_a_plugin_that_is_named(oak, staff):
    with pytest.raises(Forbidden):
        sets(oak, by=staff.who, leaves="7")
    sets(oak, by=oak.hires("Maren Whitlock", "Doctor", "owner").who, leaves="7")
    for plugin in ("ash", "", "OAK"):
        with pytest.raises(Missing):
            of(oak.desk, oak.home.id, plugin)
        with pytest.raises(Missing):
            change(oak.desk, oak.service, plugin, {}, oak.clock.tick())


def test_who_saw_an_older_state_changes_nothing(oak):
    shown = kept(oak.desk, oak.home.id, "oak").shown
    sets(oak, leaves="7")
    with pytest.raises(Conflict):
        sets(oak, shown=shown, leaves="8")
    sets(oak, shown=kept(oak.desk, oak.home.id, "oak").shown, leaves="9")
    assert values(oak)["leaves"] == 9


def test_the_audit_log_has_the_names_and_no_value(oak):
    sets(oak, key="open sesame", leaves="7")
    row = oak.rows("audit")[-1]
    assert (row.action, row.object_kind, row.actor_kind) == ("plugin.changed", "plugin", "service")
    everything = str(oak.rows("audit")) + str(oak.rows("plugin_settings")) + str(oak.rows("events"))
    assert "sesame" not in everything and "leaves" in str(oak.rows("plugin_settings"))


def forgets(oak):
    oak.desk.known_settings.clear()


def test_a_row_that_was_altered_does_not_count_and_says_so(oak):
    sets(oak, leaves="7", key="open sesame")
    seven, sesame = (next(row for row in oak.rows("plugin_settings") if row.name == name) for name in ("leaves", "key"))
    for column, value in (("sealed", sesame.sealed), ("mac", sesame.mac), ("plugin", "elm"), ("changed_at", 1), ("mac", b"x")):
        oak.sql(f"UPDATE plugin_settings SET {column} = :value WHERE id = :id", value=value, id=seven.id)
        forgets(oak)
        assert values(oak)["leaves"] == 5 and values(oak)["key"] == "open sesame"
        if column != "plugin":
            assert "could not be verified" in kept(oak.desk, oak.home.id, "oak").faults["leaves"]
        oak.sql(f"UPDATE plugin_settings SET {column} = :value WHERE id = :id", value=getattr(seven, column), id=seven.id)
    forgets(oak)
    assert values(oak)["leaves"] == 7


def test_what_a_newer_plugin_does_not_read_any_more_is_its_default_and_says_so(oak):
    sets(oak, leaves="7")
    stricter = OAK.replace("not text.isdigit()", "text == '7'")
    oak.desk.registry = Registry.of({"oak": made("oak", stricter)})
    forgets(oak)
    assert values(oak)["leaves"] == 3
    assert kept(oak.desk, oak.home.id, "oak").faults == {"leaves": "It must be a number."}
    oak.desk.registry = Registry.of({"oak": made("oak", "")})
    forgets(oak)
    assert values(oak) == {}, "a setting that is gone"


def test_it_is_asked_for_again_and_again_without_a_query(oak, monkeypatch):
    """Also while the database is away: help stays in reach."""
    assert values(oak)["leaves"] == 5

    def away(*_):
        raise Unavailable

    monkeypatch.setattr(oak.desk.database, "read", away)
    assert values(oak)["leaves"] == 5
    monkeypatch.setattr(plugin_settings.time, "monotonic", lambda: 1e9)
    assert values(oak)["leaves"] == 5
    with pytest.raises(Unavailable):
        values(oak, "elm")


SLOW = """
import time
read = []
spins = 0
def at_leisure(text):
    read.append(text)
    end = time.monotonic() + spins
    while time.monotonic() < end:
        pass
    return text.split()
@hookimpl
def settings():
    yield Setting("words", "default", "Words.", at_leisure)
"""


@pytest.fixture
def slow(clinic, monkeypatch):
    """A plugin that takes its time over a text, in a service where whoever takes too long is interrupted."""
    module = made("oak", SLOW)
    clinic.desk.registry = Registry.of({"oak": module})
    monkeypatch.setattr(plugin_settings, "_READ_SECONDS", 0.1)
    before = signal.getsignal(signal.SIGALRM)
    guard.begin()
    yield module
    guard.end()
    signal.signal(signal.SIGALRM, before)


def test_a_clinic_keeps_its_own_words_when_a_moment_is_busy(clinic, slow):
    sets(clinic, words="chest pain")
    slow.spins = 0.3
    assert kept(clinic.desk, clinic.home.id, "oak").values["words"] == ["chest", "pain"]
    assert kept(clinic.desk, clinic.home.id, "oak").faults == {}


def test_a_text_is_read_once_for_as_long_as_it_stands(clinic, slow):
    sets(clinic, words="chest pain")
    for _ in range(3):
        forgets(clinic)
        assert values(clinic)["words"] == ["chest", "pain"]
    sets(clinic, words="chest ache")
    assert values(clinic)["words"] == ["chest", "ache"]
    assert slow.read == ["default", *["chest pain"] * 2, *["chest ache"] * 2], "when it is saved, and when it is first asked for"


def test_whose_time_is_over_learns_nothing_of_the_text(clinic, slow):
    """A tool that asks for a setting is interrupted, and does not go on with the service's default."""
    sets(clinic, words="chest pain")
    slow.spins = 5
    with pytest.raises(guard.Overdue):
        guard.within(0.3, values, clinic)
    slow.spins = 0
    assert values(clinic)["words"] == ["chest", "pain"]


def test_what_takes_too_long_to_read_is_not_saved(clinic, slow):
    slow.spins = 5
    assert refused(clinic, words="x") == {"words": ["The plugin takes too long to read it."]}
    assert clinic.rows("plugin_settings") == []


def test_what_clinics_have_set_is_read_before_anybody_waits(oak, monkeypatch):
    sets(oak, leaves="7")
    monkeypatch.setattr(oak.desk, "known_settings", {})
    plugin_settings.warm(oak.desk)
    assert [plugin for _, plugin in oak.desk.known_settings] == ["oak"], "and what nobody has set is not"


def test_public_holidays_cost_nothing_where_nobody_names_a_country():
    code = ("import sys; from securemsg.plugins import hours; assert 'holidays' not in sys.modules;"
            "[setting] = [each for each in hours.settings() if each.name == 'holidays'];"
            "setting.read('DE-BY'); assert 'holidays' in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
