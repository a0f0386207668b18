"""`/metrics` for who may see it: counts by route and outcome, and of nobody."""

import re
from urllib.request import urlopen

import pytest

from tests.http.house import HARBOUR, NAMES, opened_house
from tests.http.running import listening, running
from tests.service import free_port

TOKEN = "a-token-of-the-metrics"
LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?[0-9.e+]+')


@pytest.fixture
def open_house(furnished, tmp_path):
    with opened_house(furnished, tmp_path, metrics_token=TOKEN) as opened:
        yield opened


def shown(house, token: str = TOKEN) -> dict[str, float]:
    answer = house.browser().ask("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(line.startswith(("# HELP ", "# TYPE ")) or LINE.fullmatch(line) for line in lines), lines
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_without_a_setting_there_is_no_such_page(shared):
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert shared.browser().ask("GET", "/metrics", headers=headers).status == 404


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ä" * 9])
def test_without_the_token_it_is_refused(open_house, said):
    assert open_house.browser().ask("GET", "/metrics", headers={"Authorization": said}).status == 401


def test_what_people_do_is_counted_by_route_and_outcome(open_house):
    before = shown(open_house)
    leo, ana = open_house.visitor(), open_house.staff("Ana")
    leo.opens("my knee hurts")
    leo.says("two", key := "a-key-of-the-client-1")
    leo.says("two", key)
    leo.asks("GET", "/messages")
    ana.replies(leo.conversation, "three")
    ana.signs_in("wrong words here", "000000")
    leo.browser.get("/nowhere/my-knee-hurts")
    for _ in range(6):
        open_house.visitor(address=leo.browser.address).opens()
    after = shown(open_house)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert [more(f'securemsg_acts_total{{act="{act}"}}') for act in ("open", "send", "reply")] == [5, 1, 1], "each once"
    assert more('securemsg_requests_total{method="POST",route="/v1/conversation/messages",status="2xx"}') == 2
    assert more('securemsg_requests_total{method="GET",route="none",status="4xx"}') == 1
    assert more("securemsg_sign_in_failures_total") == 1
    assert more('securemsg_refused_by_limit_total{limit="open-address-minute"}') == 2
    took = 'securemsg_request_duration_seconds{}{{route="/v1/conversation/messages"{}}}'
    assert more(took.format("_count", "")) == more(took.format("_bucket", ',le="+Inf"')) == 3
    assert after["securemsg_database_up"] == 1 and after["securemsg_audit_unsealed_rows"] > 3
    assert after["securemsg_opened_keys"] > 2 and after["process_resident_memory_bytes"] > 10_000_000


def test_no_person_clinic_or_path_stands_in_it(open_house):
    leo = open_house.visitor()
    leo.opens("my knee hurts")
    leo.browser.ask("BREW", f"/contact/{HARBOUR}")
    text = open_house.browser().ask("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for word in (HARBOUR, *NAMES.values(), "knee", "Leo", leo.conversation, leo.token, "127.0", "BREW", "harbour"):
        assert word not in text
    assert 'method="other"' in text


def test_without_the_database_it_tells_what_it_can(open_house, monkeypatch):
    from securemsg.errors import Unavailable

    def away(*_):
        raise Unavailable

    monkeypatch.setattr(open_house.desk.database, "read", away)
    found = shown(open_house)
    assert found["securemsg_database_up"] == 0 and "securemsg_outbox_waiting" not in found


def test_it_may_have_an_address_of_its_own(furnished, make_service):
    port = free_port()
    house = running(make_service(metrics_bind=f"127.0.0.1:{port}"), *furnished).start()
    leo = house.visitor()
    assert leo.opens().status == 201
    with listening(leo), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "securemsg_streams 1\n" in text and 'securemsg_acts_total{act="open"} 1\n' in text
    assert "securemsg_write_batch_seconds_count " in text
    assert house.browser().ask("GET", "/metrics").status == 404
    with pytest.raises(OSError, match="404"):
        urlopen(f"http://127.0.0.1:{port}/clinics/{HARBOUR}.json", timeout=5)
