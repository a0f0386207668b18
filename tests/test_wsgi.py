"""wsgi.py: what a server that is started by hand loads."""

import subprocess
import sys

from tests.service import ROOT


def test_it_holds_the_application(make_service):
    service = make_service()
    service.command("init")
    program = "import wsgi; print(wsgi.app.test_client().get('/healthz').status_code)"
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, cwd=ROOT, env=service.environ, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("200\n", "")
