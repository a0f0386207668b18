"""Proof of work: what counts as one, and what an attacker might hand in instead."""

import hashlib
import re

import pytest

from securemsg.crypto import proof
from tests.work import solution

KEY, NOW = bytes(range(32)), 1_772_452_800
ABOUT = "open", "clinic", "address"


@pytest.fixture
def asked():
    return proof.challenge(KEY, 8, NOW, *ABOUT)


def test_a_solution_counts_and_is_what_the_protocol_says(asked):
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,300}", asked.text) and asked.expires_at == NOW + 300
    solved = solution(asked.text, asked.bits)
    assert hashlib.sha256(solved.encode()).digest()[0] == 0, "eight zero bits"
    assert proof.solved(KEY, solved, NOW + 299, *ABOUT) == asked.text


def test_no_two_visitors_get_the_same(asked):
    assert asked.text != proof.challenge(KEY, 8, NOW, *ABOUT).text


@pytest.mark.parametrize("about", [("message", "clinic", "address"), ("open", "another", "address"), ("open", "clinic", "other"),
                                   ("openclinic", "address"), ("open", "clinic")])
def test_it_counts_for_what_it_was_made_for_only(asked, about):
    assert proof.solved(KEY, solution(asked.text, asked.bits), NOW, *about) is None


def test_it_ends(asked):
    assert proof.solved(KEY, solution(asked.text, asked.bits), NOW + 300, *ABOUT) is None


def test_less_work_is_not_enough(asked):
    unsolved = next(text for n in range(1000) if hashlib.sha256((text := f"{asked.text}.{n}").encode()).digest()[0])
    assert proof.solved(KEY, unsolved, NOW, *ABOUT) is None


def test_who_makes_the_puzzle_easier_or_later_needs_the_key(asked):
    bits, expires, rest = asked.text.split(".", 2)
    for forged in (f"0.{expires}.{rest}", f"{bits}.{int(expires) + 1000}.{rest}", asked.text.swapcase()):
        assert proof.solved(KEY, solution(forged, 8), NOW, *ABOUT) is None
    assert proof.solved(bytes(32), solution(asked.text, 8), NOW, *ABOUT) is None


@pytest.mark.parametrize("text", ["", ".", "0", "x" * 5000, "8.1772453100..0", "é" * 40, "-1.-1.x.y.0", "999.999999999.0.0.0",
                                  "8" * 400])
def test_whatever_is_sent_instead_is_no_proof(text):
    assert proof.solved(KEY, text, NOW, *ABOUT) is None


@pytest.mark.parametrize("written", ["{}.00{}", "{}.+{}", "{}. {}", "{}.{}\n", "{}.{}.", "{}.²{}"])
def test_a_number_is_written_in_one_way(asked, written):
    n = next(n for n in range(100_000) if not hashlib.sha256(written.format(asked.text, n).encode()).digest()[0])
    assert proof.solved(KEY, written.format(asked.text, n), NOW, *ABOUT) is None
