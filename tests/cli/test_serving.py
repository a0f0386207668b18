"""`securemsg serve` and `demo` as processes: what stops their start, what their end leaves, and the demo's second day."""

import re
import signal
import socket
import subprocess
import time
from base64 import b32decode
from dataclasses import replace

import pytest

from securemsg.cli.at_hand import speaker
from securemsg.cli.serve import _sample_clinic
from securemsg.desk import owner
from tests.cli.conftest import is_a_sentence
from tests.http.browser import Outside
from tests.http.people import code, new_key
from tests.http.running import running
from tests.service import PROGRAM, until

OWNER = "owner@harbour-lane.example"


@pytest.fixture
def service(furnished, make_service):
    """The furnished service, not started."""
    return running(make_service(), *furnished).service


def tries(service, *words: str) -> subprocess.CompletedProcess:
    """The command as a process of its own, which should end by itself."""
    return subprocess.run([PROGRAM, *words], env=service.environ, cwd=service.folder, capture_output=True, text=True, timeout=20)


def test_a_signal_ends_it_and_it_starts_again(service):
    for how in (signal.SIGTERM, signal.SIGINT):
        service.start()
        service.stop(how)  # proves that no process stays
        assert "Traceback" not in service.output()
    service.start()


def test_a_second_one_on_the_same_data_is_refused_and_the_first_serves_on_while_a_command_writes(service):
    service.start()
    second = tries(service, "serve")
    assert second.returncode == 1 and "PostgreSQL" in second.stderr and "Traceback" not in second.stderr and not second.stdout
    assert Outside(service.url).get("/readyz").status == 200
    said = service.command("staff", "add", "harbour-lane", "--name", "Nina Ost", "--email", "nina@harbour-lane.example")
    secret = said.strip().rpartition("#")[2]
    answer = Outside(service.url).submit("/staff/harbour-lane/start", {"secret": secret, "key": new_key()})
    assert answer.status == 303, "and what it wrote is seen at once"


def test_a_wrong_key_stops_the_start_with_a_sentence(service):
    from securemsg.crypto.roots import new_text

    key = service.folder / "data.keys" / "root.key"
    key.chmod(0o600)
    key.write_text(new_text())
    refused = tries(service, "serve")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "This is the wrong key; nothing was changed." in refused.stderr


def test_a_port_that_is_taken_stops_the_start_at_once(service, securemsg, monkeypatch):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of who had this port before may linger
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        started = time.monotonic()
        refused = tries(service, "serve")
        assert refused.returncode == 1 and f"127.0.0.1:{service.port} cannot be used" in refused.stderr
        assert time.monotonic() - started < 10
        for port in (service.port, service.port - 1):
            monkeypatch.setenv("PORT", str(port))
            said = securemsg("demo")
            assert is_a_sentence(said, f":{service.port} cannot be used") and "start#" not in said.out + said.err


@pytest.mark.parametrize("port", ["", "http", "0", "65535", "-1", "²", "80 80"])
def test_a_port_that_is_none_is_told(empty, monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    assert is_a_sentence(empty("demo"), "PORT is", "a number from 1 to 65534")


def test_the_demo_on_another_port_keeps_what_its_owner_wrote(desk):
    home = _sample_clinic(desk, 8001)
    ours = replace(owner.card_of(home), profile=home.profile | {"name": "Our own name"}, consent="Our own words.",
                   origins=("https://www.clinic.example", *home.origins))
    owner.save_card(desk, speaker(home.id), home, ours, home.version, desk.clock())
    moved = _sample_clinic(desk, 9001)
    assert moved.origins == ("http://127.0.0.1:9001", "https://www.clinic.example")
    assert owner.card_of(moved) == replace(ours, origins=moved.origins)


def test_the_demos_second_day_shows_no_new_link(make_service):
    demo = make_service().start("demo")
    enrols(Outside(demo.url), re.search(r"start#(\S+)", demo.output())[1])
    demo.stop(signal.SIGINT)
    until(lambda: not listens(demo.port + 1), what="the website's end")
    first = demo.output()
    demo.start("demo")
    second = demo.output()[len(first):]
    assert "start#" not in second and f"securemsg staff link harbour-lane {OWNER}" in second
    assert Outside(demo.url).get("/staff/harbour-lane/sign-in").status == 200
    until(lambda: listens(demo.port + 1), what="the website")


def enrols(browser: Outside, secret: str) -> None:
    browser.submit("/staff/harbour-lane/start", {"secret": secret, "key": new_key()})
    page = browser.get("/staff/harbour-lane/enrol").text
    totp = b32decode(re.search(r"[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}", page)[0].replace(" ", ""))
    form = {"password": "four ducks on a pond", "code": code(totp), "key": new_key()}
    assert browser.submit("/staff/harbour-lane/enrol", form).status == 200


def listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
