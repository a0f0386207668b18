"""What bandit (PyCQA) finds in the code, compared with what was looked at: what is new fails, and so does a row that is stale."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import securemsg

CODE = Path(securemsg.__file__).parent
LOOKED_AT = {
    # test and file: why it is well
    "B101": "asserts say what a type checker cannot see; nothing relies on them",
    "B404 B603 B606": "programs of ours and of the owner's choice, as lists of words: no shell",
    "B608": "tests/rules/syntax.py looks at each statement: what a caller hands in is never written into one",
    "B104 checks/addresses.py": "compared with, not bound", "B104 http/here.py": "compared with, not bound",
    "B303 crypto/credentials.py": "HMAC-SHA-1 of codes, as RFC 6238 and the apps have it",
    "B311 desk/audit/review.py": "drawn by a key of ours, so that nobody can draw again",
    "B311 desk/deliveries/failing.py": "spreads tries over time; it guards nothing",
    "B105 http/calls.py": "an example in the documentation", "B105 live.py": "a number of a setting",
    "B105 store/tokens.py": "SQL",
    "B704 http/pages.py": "see markup_by_hand in test_syntax.py", "B704 http/reference.py": "the same",
    "B704 desk/exporting/page.py": "the same"}


def found(*paths: object) -> Counter[str]:
    """`test file` of each finding; of those that are accepted everywhere, the test alone."""
    done = subprocess.run([sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", *map(str, paths)], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    assert told["errors"] == []
    everywhere = {test for key in LOOKED_AT if ".py" not in key for test in key.split()}
    return Counter(each["test_id"] if each["test_id"] in everywhere else
                   f"{each['test_id']} {Path(each['filename']).relative_to(paths[0]).as_posix()}" for each in told["results"])


def test_bandit_finds_nothing_that_nobody_looked_at():
    rows = {row for key in LOOKED_AT for row in (key.split() if ".py" not in key else [key])}
    assert set(found(CODE)) == rows


def test_bandit_would_find_what_is_wrong(tmp_path):
    (tmp_path / "bad.py").write_text("import subprocess, pickle\nsubprocess.run(x, shell=True)\npickle.loads(y)\neval(z)\n")
    assert {"B602 bad.py", "B301 bad.py", "B307 bad.py"} <= set(found(tmp_path))
