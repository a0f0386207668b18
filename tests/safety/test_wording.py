"""What is said of the safety notice: it shows a clinic's own words again, and makes no claim that a medical device would make."""

import re
from collections.abc import Iterator

from tests.service import ROOT

OURS = ("securemsg/safety/*.py", "securemsg/plugins/triage.py", "securemsg/plugins/triage_words/*.txt",
        "securemsg/words/*/triage.json", "widget/src/frame/safety.ts", "widget/src/frame/guard.ts", "tests/safety/cases.py",
        "tests/plugins/test_triage.py")
# "No diagnosis" claims none.
# In English, and as Spanish, French, Portuguese and German write them. MHRA, on software: such words count towards a device.
CLAIMS = re.compile(r"(?<!no )\b(d[eé]te[ck]t|diagn[oó]s|interpr[eé]t|alarm|monitor|surveill|überwach|calcul|berechn|erkenn|"
                    r"risk score)", re.IGNORECASE)
DENIALS = re.compile(r"\b(no|not an|kein|keine|pas d.|ninguna|aucune) ?(emergency|emergencia|urgence|notfall|emergência)",
                     re.IGNORECASE)
ABOUT = re.compile(r"safety notice|triage", re.IGNORECASE)


def said() -> Iterator[tuple[str, str]]:
    """Everything that is said of it: its own files whole, of the pages for people the paragraphs and rows that speak of it."""
    for pattern in OURS:
        yield from ((path.name, path.read_text("utf-8")) for path in sorted(ROOT.glob(pattern)))
    folders = (ROOT.glob, (ROOT / "widget").glob, (ROOT / "securemsg").rglob, (ROOT / "docs").rglob)
    for page in (page for found in folders for page in found("*.md")):
        yield from ((page.name, part) for part in re.split(r"\n\n|\n(?=[|*-])", page.read_text("utf-8")) if ABOUT.search(part))
    words = ROOT / "securemsg" / "words"
    for path in sorted(words.glob("en/*.json")):
        yield from ((path.name, line) for line in path.read_text("utf-8").splitlines() if ABOUT.search(line))


def test_no_word_claims_what_a_device_claims():
    wrong = [(name, found[0]) for name, text in said() for found in CLAIMS.finditer(text)]
    assert not wrong


def test_nobody_is_told_that_it_is_none():
    wrong = [(name, found[0]) for name, text in said() for found in DENIALS.finditer(text)]
    assert not wrong


def test_all_its_files_are_looked_at():
    names = {name for name, _ in said()}
    assert names >= {"triage.py", "safety.ts", "guard.ts", "matcher.py", "notice.py", "en.txt", "ar.txt", "README.md"}
    assert sum(name == "triage.json" for name, _ in said()) == 9
