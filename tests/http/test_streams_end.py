"""How live streams end: with the session, with the person's access, with their reader; test_stop.py: with the service."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from securemsg.desk.clinics import clinic
from securemsg.http import stream
from securemsg.live import Signal
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import Staff
from tests.http.running import listening, numbers
from tests.http.systems import System, arrived
from tests.service import until


def test_ending_the_session_ends_its_streams_within_a_second_and_no_others(steady, leo):
    window = steady.visitor()
    window.browser.submit(f"/contact/{HARBOUR}/window", leo.asks("POST", "/ticket", {}).json)
    with listening(leo) as stream, listening(window) as other:
        leo.asks("DELETE")
        stream.ends(1)
        assert stream.events()[-1] == {"event": "end", "data": "{}"}
        window.says("still here")
        assert numbers(other.hears(1)) == [2]


def test_signed_out_everywhere_nobody_hears_more_of_that_conversation(steady, leo):
    window, mia = steady.visitor(), steady.visitor()
    window.browser.submit(f"/contact/{HARBOUR}/window", leo.asks("POST", "/ticket", {}).json)
    mia.opens()
    with listening(leo) as here, listening(window) as there, listening(mia) as other:
        assert window.asks("DELETE", "/sessions").status == 204
        here.ends(1), there.ends(1)
        assert not other.ended


def test_who_signs_out_hears_no_more(steady):
    ana, here = steady.staff("Ana"), Staff(steady.browser(), HARBOUR)
    assert here.signs_in(PASSWORD, ana.known.codes[0], ana.known.email).status == 303
    with listening(here) as stream, listening(ana) as other:
        here.browser.submit(here.path("sign-out"), {"key": "a-key-of-the-form-0001"})
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended


def test_who_is_disabled_by_a_command_is_out_within_a_second(service):
    """Another process ends the person's access; this one's stream and pages hear of it."""
    ana, tomas = service.staff("Ana"), service.staff("Tomas")
    with listening(ana) as stream, listening(tomas) as other:
        service.service.command("staff", "disable", HARBOUR, ana.known.email)
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended
    assert ana.opens().status == 303 and tomas.opens().status == 200


def test_a_reader_who_leaves_leaves_nothing_behind(steady, leo):
    import psutil

    def connections() -> int:
        parent = psutil.Process(steady.service.process.pid)
        group = [parent, *parent.children(recursive=True)]
        return sum(1 for one in group for c in one.net_connections("tcp") if c.status != psutil.CONN_LISTEN)

    before = connections()  # of others, who are told at their next beat
    for _ in range(5):
        with listening(leo):
            pass
    leo.says("wakes what still listens")
    until(lambda: connections() <= before, 10, "the end of connections nobody reads, before their next beat")


class Ear:
    """A reader of a stream within this process, where time goes by as `passes` says. `right` is whether it may hear."""

    def __init__(self, house, monkeypatch, *first: str):
        self.house, self.right, self._now = house, True, 0.0
        monkeypatch.setattr(stream, "time", SimpleNamespace(monotonic=lambda: self._now))
        followed = stream.follow(house.desk, (("busy", ""),), lambda: iter(first), self._written, lambda: self.right)
        self._told = iter(followed.response)
        assert next(self._told).startswith("retry")

    def _written(self, signal: Signal):
        yield from (str(signal.seq),) if signal.seq else ()

    def passes(self, seconds: float) -> None:
        self._now += seconds

    def comes(self, seq: int | None) -> None:
        self.house.desk.live.publish(("busy", ""), Signal("message", seq=seq))

    def hears(self) -> str | None:
        return next(self._told, None)


END, BEAT = "event: end\ndata: {}\n\n", ": beat\n\n"


def test_in_a_busy_clinic_a_stream_outlives_the_right_to_it_by_a_beat_at_most(house, monkeypatch):
    ear = Ear(house, monkeypatch)
    for seq in range(1, 15):
        ear.comes(seq)
        assert ear.hears() == str(seq)
        ear.passes(1)
    ear.right = False
    ear.comes(15)
    assert ear.hears() == "15", "not asked at each signal"
    ear.passes(1)
    ear.comes(16)
    assert ear.hears() == END and ear.hears() is None


def test_a_backlog_is_told_no_further_than_the_right_to_it_and_the_streams_time(house, monkeypatch):
    told = [str(number) for number in range(100)]
    ear = Ear(house, monkeypatch, *told)
    for number in range(20):
        assert ear.hears() == told[number]
        ear.passes(15)
    assert ear.hears() is None, "after five minutes its reader comes back"
    ear = Ear(house, monkeypatch, *told)
    assert ear.hears() == "0"
    ear.right = False
    ear.passes(15)
    assert ear.hears() == END and ear.hears() is None


def test_it_beats_though_nothing_that_comes_has_something_to_say(house, monkeypatch):
    ear = Ear(house, monkeypatch, "hello")
    ear.comes(7)
    assert ear.hears() == "hello" and ear.hears() == "7"
    for _ in range(3):
        ear.passes(15)
        ear.comes(None)
        assert ear.hears() == BEAT
        ear.comes(7)
        assert ear.hears() == "7"


@pytest.mark.parametrize("whose", ["token", "session of staff", "session of a visitor"])
def test_an_end_that_nobody_tells_is_noticed_in_a_busy_stream(house, monkeypatch, whose):
    """A token that expires, a session that is too old: no signal comes of it."""
    monkeypatch.setattr(stream, "_BEAT_SECONDS", 0)
    home, leo, ana = clinic(house.desk, HARBOUR), arrived(house), house.staff("Ana")
    headers, path, topic = {
        "token": (System.of(house).credentials, "/api/v1/events?after=0", ("events", home.id)),
        "session of staff": ({}, f"/staff/{HARBOUR}/events", ("clinic", home.id)),
        "session of a visitor": (leo.credentials(), "/v1/conversation/events", ("conversation", home.id, leo.conversation)),
    }[whose]
    listens = ana.browser if whose == "session of staff" else leo.browser
    with followed(house, listens, path, headers) as told:
        assert next(told).startswith("retry")
        house.clock.passes(minutes=1000 * 24 * 60)
        for kind in ("message", "changed", "numbered"):
            house.desk.live.publish(topic, Signal(kind, leo.conversation, seq=2))
        assert next(told) == END and next(told, None) is None


@contextmanager
def followed(house, browser, path: str, headers: dict):
    """The parts of a stream of this process, as they leave it."""
    client = house.app.test_client(use_cookies=False)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    told = {"Accept": "text/event-stream", "Cookie": cookies} | headers
    with client.open(path, base_url=house.url, headers=told, buffered=False) as got:
        yield (part.decode() for part in got.response)
