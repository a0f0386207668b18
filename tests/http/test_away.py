"""The database is away, seen from this process: what still answers, and how a stream takes it."""

import pytest

from securemsg.errors import Unavailable
from securemsg.http import stream
from tests.http.forms import fields
from tests.http.house import HARBOUR


@pytest.fixture
def goes_away(house, monkeypatch):
    """Call it, and nothing can be read or written any more, and nothing counts as fresh."""
    def away(*args):
        raise Unavailable(retry_after_seconds=5)

    def go() -> None:
        for slug, (_, known) in house.desk.known_clinics.items():
            house.desk.known_clinics[slug] = (0.0, known)
        for verb in ("read", "write"):
            monkeypatch.setattr(house.desk.database, verb, away)

    return go


def test_the_emergency_number_is_as_it_was_last_known(house, goes_away):
    leo = house.visitor()
    before = leo.card()
    goes_away()
    assert leo.card() == before
    for path in (f"/frame/{HARBOUR}", f"/contact/{HARBOUR}"):
        answer = leo.browser.get(path)
        assert answer.status == 200 and "911" in answer.text
    assert leo.browser.get("/frame/hill-road").status == 503, "of whom nothing is known yet"


def test_a_message_typed_without_script_is_kept_in_its_box(house, goes_away):
    leo = house.browser()
    form = fields(leo.get(f"/contact/{HARBOUR}")) | {
        "category": "other", "about": "me", "text": "typed with care", "consent": house.visitor().card()["consent"]["sha256"]}
    goes_away()
    answer = leo.submit(f"/contact/{HARBOUR}", form)
    assert answer.status == 503 and answer.headers["Retry-After"] == "5" and "cannot store anything just now" in answer.text
    assert fields(answer)["text"] == "typed with care" and fields(answer)["key"] == form["key"]


def test_a_stream_stops_without_a_fault_and_without_saying_that_it_is_over(house, goes_away, monkeypatch):
    monkeypatch.setattr(stream, "_BEAT_SECONDS", 0.01)
    leo = house.visitor()
    leo.opens()
    got = house.app.test_client().get("/v1/conversation/events", headers=leo.credentials())
    goes_away()
    heard = "".join(part.decode() for part in got.iter_encoded())
    got.close()
    assert heard.startswith("retry:") and "event: end" not in heard, "so its reader comes back"
