"""The real frame in a storm: what visitors and staff write is there once, in order, on both sides, whatever befalls requests."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from random import Random
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.house import ELM, furnished
from tests.browser.people import Visitor
from tests.browser.test_stream import WAITS
from tests.faults.account import rounds
from tests.faults.chaos import Chaos
from tests.faults.persistent import Desk, Impatient, Talk
from tests.http.people import Staff
from tests.service import until

SENDS = 20 if len(rounds(short=1)) > 1 else 8  # of each visitor; 20 a minute are the limit
PATIENCE_MS = 90_000


@pytest.fixture
def house(tmp_path, nothing_survives):
    seed = os.environ.get("CHAOS_SEED") or secrets.token_hex(4)
    print(f"CHAOS_SEED={seed}")
    with furnished(tmp_path, between=partial(Chaos, seed=seed)) as made:
        yield made


@pytest.fixture
def staff(house):
    """Ana and Tomas, whose programs repeat what was not acknowledged."""
    return [works(house, name, f"127.12.0.{number}") for number, name in enumerate(("Ana Ruiz", "Tomas Berg"), 1)]


def works(house, name: str, address: str) -> Desk:
    known = SimpleNamespace(clinic=ELM, name=name, token=house.tokens[ELM, name], id=house.ids[ELM, name])
    return Desk(Staff.signed_in(Impatient(house.url, address), known), Random(f"{house.wire.seed} {name}"))


def arrives(house, new_person) -> Visitor:
    """Somebody with the questions answered, in a browser whose clock runs five times faster."""
    visitor = Visitor(house.arrives(new_person()), house.hosts.url)
    visitor.context.add_init_script(WAITS)
    visitor.visits().opens_the_widget().fills_in()
    return visitor


def conversations(desk: Desk) -> list[Talk]:
    """Both, as staff find them in the inbox; none where the list did not come through."""
    with suppress(OSError, HTTPException):
        ids = desk.staff.inbox()
        assert len(ids) <= 2, "an opening that was repeated is one conversation"
        talks = [Talk(SimpleNamespace(conversation=id), "", Random()) for id in ids]
        for talk in talks:
            talk.opened.set()
        return talks if len(talks) == 2 else []
    return []


def test_both_sides_read_all_once_in_order(house, staff, new_person):
    visitors = [arrives(house, new_person) for _ in range(2)]
    with house.wire.storm(), ThreadPoolExecutor(len(staff)) as pool:
        talks, answering = [], []
        for number in range(SENDS):
            for who, visitor in enumerate(visitors):
                visitor.sends(f"visitor {who}: message {number}")
            for visitor in visitors:
                expect(visitor.box).to_have_value("", timeout=PATIENCE_MS)
            if not talks:
                talks = until(lambda: conversations(staff[0]), 30, "both conversations in the inbox")
                answering = [pool.submit(desk.answers, [talk], SENDS) for desk, talk in zip(staff, talks, strict=True)]
        for each in answering:
            each.result()
        for visitor in visitors:
            until(lambda visitor=visitor: len(visitor.reads()) >= 2 * SENDS, 60, "the last answer to be shown")
    texts = {visitor.reads()[0]: visitor.reads() for visitor in visitors}
    for talk in talks:
        stored = staff[0].staff.reads(talk.visitor.conversation)
        assert texts[stored[0]] == stored, "the visitor sees what staff see, in the same order"
        mine = [text for text in stored if text.startswith("visitor")]
        assert mine == [f"{stored[0].partition(':')[0]}: message {number}" for number in range(SENDS)]
        assert [text for text in stored if "reply" in text] == talk.answered
    done = house.wire.done
    print(", ".join(f"{kind} {count}×" for kind, count in sorted(done.items())))
    assert sum(done.values()) - done["passed"] > SENDS and done["acknowledgement withheld"] > SENDS // 4
