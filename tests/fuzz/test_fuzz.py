"""Requests at random, right and wrong, by a program that knows only the API's document; every answer is held against it.

All of schemathesis' checks are on: no fault of ours, no status, type, header or body that is not described, wrong data refused,
right data taken, no other method, nothing without a token, nothing after its end. FUZZ_SECONDS makes it a longer form.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from securemsg.desk.access import SCOPES
from tests.fuzz.served import Hurried
from tests.http.house import HARBOUR
from tests.http.running import running
from tests.service import ROOT

HERE = Path(__file__).parent
EXAMPLES = 8  # for each operation and way of making them; FUZZ_SECONDS asks for more


@pytest.fixture
def fuzzed(furnished, tmp_path):
    """The furnished house, with two clinics in it, at a port."""
    with Hurried(tmp_path) as service:
        yield running(service, *furnished).start()


@pytest.mark.fuzz
def test_the_service_does_what_its_document_says(fuzzed, tmp_path):
    leo = fuzzed.visitor()
    assert leo.opens("one").status == 201
    printed = fuzzed.service.command("token", "add", HARBOUR, "--label", "fuzz", "--scopes", ",".join(SCOPES))
    token = next(word for word in printed.split() if word.startswith("sm_live_"))
    told = {"FUZZED_URL": fuzzed.service.url, "FUZZED_CLINIC": HARBOUR, "FUZZED_TOKEN": token,
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    long = ["--max-time", os.environ["FUZZ_SECONDS"]] if "FUZZ_SECONDS" in os.environ else ["--generation-deterministic"]
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml"), "run",
         fuzzed.service.url + "/api/v1/openapi.json", "--checks", "all", "--max-examples", str(EXAMPLES), "--no-color",
         "--continue-on-failure", *long], cwd=tmp_path, env=os.environ | told, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-5_000:]
    assert leo.reads()[0] == "one", "what stood there before still stands"
    log = fuzzed.service.output()
    assert "Traceback" not in log and "failed" not in log, log[-5_000:]
