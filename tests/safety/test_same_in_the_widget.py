"""Texts at random: the widget parts them into the same words, and finds what the service finds."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from securemsg.safety.folding import words
from tests.safety.cases import as_read as lists_of
from tests.safety.cases import groups, in_the_file, words_of
from tests.service import ROOT

WIDGET = ROOT / "widget"
NODE = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv' / 'node' / 'bin'}")
ASKED = """
import { readFileSync } from "node:fs";
import { matches, parted } from "./safety.mjs";
const { groups, texts } = JSON.parse(readFileSync("asked.json", "utf8"));
const cards = { crisis: {}, emergency: {} };
const lists = groups.map((lists) => ({ version: "", name: "", lists, cards }));
console.log(JSON.stringify(texts.map((text) => ({ parted: parted(text), cards: lists.map((words) => matches(words, text)) }))));
"""
GROUPS = [lists_of(group) for group in groups()]
PHRASES = sorted({phrase for lists in GROUPS for each in lists for section in (each.crisis, each.emergency, each.unless)
                  for phrase in section})
BETWEEN = st.sampled_from([" ", " ", " ", " ", "  ", ", ", ". ", "\n", "-", "'", "’", " x ", " no ", "\u200d", "\u0301",
                           "!? ", "، ", "¿", " 7 ", ""])
ANY = st.text(st.characters(exclude_categories=["Cn"]), max_size=60)  # what Python's Unicode does not know yet, Node's may
ODD = st.text(st.sampled_from("İıẞßΣςΑἈΐŉǅﬃ㎏ﷺ﷼½①⑽ʼ´`'’‘＇\u0640\u064b\u0670ﻻآأئؤةىک۷٣गँ़กำがガｶﾞ한각𝒷"
                               "🏳️‍🌈\u2028\u0085\x1c\u3000.,،؟。、-–"), max_size=40)


@st.composite
def sentences(draw):
    """Phrases of the lists, with all sorts of things between them, and letters typed twice or in capitals."""
    said = []
    for step in re.split(r"[ -]", " ".join(draw(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3)))):
        word = draw(st.sampled_from(step.split("|"))).removesuffix("*")
        said += [draw(st.sampled_from([word, word, word.upper(), word * 2, word[:1] * 3 + word[1:]])), draw(BETWEEN)]
    return "".join(said)


def at_random(strategy, count: int) -> list[str]:
    found: list[str] = []

    @seed(1)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(strategy)
    def collect(text):
        found.append(text)

    collect()
    return found


@pytest.fixture(scope="module")
def texts() -> list[str]:
    told = [text for group in groups() for _, text in group["cases"]]
    return told + at_random(sentences(), 600) + at_random(ANY, 300) + at_random(ODD, 400)


@pytest.fixture(scope="module")
def of_the_widget(texts, tmp_path_factory) -> list[dict]:
    if NODE is None:
        pytest.skip("there is no Node.js here; the widget's own tests hold it to the same cases")
    folder: Path = tmp_path_factory.mktemp("safety")
    build = [NODE, "node_modules/esbuild/bin/esbuild", "src/frame/safety.ts", "--format=esm", "--charset=utf8",
             f"--outfile={folder / 'safety.mjs'}", "--log-level=error"]
    subprocess.run(build, cwd=WIDGET, check=True, timeout=60)
    asked = {"groups": [in_the_file(lists) for lists in GROUPS], "texts": texts}
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "ask.mjs").write_text(ASKED)
    run = subprocess.run([NODE, "ask.mjs"], cwd=folder, check=True, timeout=120, capture_output=True, text=True, encoding="utf-8")
    return json.loads(run.stdout)


def test_the_same_words(texts, of_the_widget):
    for text, told in zip(texts, of_the_widget, strict=True):
        found, places, clauses = words(text)
        assert told["parted"] == {"found": found, "places": places, "clauses": clauses}, ascii(text)


def test_the_same_verdicts(texts, of_the_widget):
    lists = [words_of(*each) for each in GROUPS]
    verdicts = [[each.matches(text) for each in lists] for text in texts]
    for text, told, own in zip(texts, of_the_widget, verdicts, strict=True):
        assert told["cards"] == own, ascii(text)
    of_the_first = [own[0] for own in verdicts]
    assert min(map(of_the_first.count, ("crisis", "emergency", None))) > 60, "else this shows little"
