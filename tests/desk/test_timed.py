"""What was interrupted leaves nothing behind in the interpreter; in one of its own, since what it would leave is for ever."""

import subprocess
import sys

LATE = """
import sys, threading
from securemsg.desk.deliveries.timed import Timed, TooLong

watched = Timed()

def late():
    threading.Thread(target=watched.look).start()
    while True:
        pass

try:
    watched.run(late, 0)
except TooLong:
    sys.settrace(lambda *_: None)
    (lambda: None)()
    print("went on")
"""


def test_after_an_interruption_python_looks_for_no_other():
    """A flag that stays set makes every loop slower; under a trace, which can show it, the next call stands still."""
    told = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, timeout=20)
    assert told.stdout == "went on\n", told.stderr
