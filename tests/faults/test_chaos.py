"""Messages through a network that loses, cuts, repeats and delays: none is lost, none is there twice, the order stays.

Short: 500. CHAOS_SEED repeats a run, FAULT_ROUNDS makes it longer.
"""

import hashlib
import os
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import pytest

from securemsg import store
from securemsg.settings import load
from tests.faults.account import rounds
from tests.faults.chaos import Chaos
from tests.faults.conftest import place
from tests.faults.mischief import IN_STREAMS, TO_REQUESTS
from tests.faults.persistent import Desk, Follower, Impatient, Talk
from tests.http.house import HARBOUR, HILL
from tests.http.people import Staff, Visitor
from tests.http.running import Running, running
from tests.receipts import holds
from tests.service import Service, until

SENDS = 500
_REPLIES_OF_100 = 10
_MOST_TALKS = 200  # a clinic is opened 300 times in an hour at most, and what is repeated counts


@dataclass
class Storm:
    """The service behind the proxy, and who writes through it."""

    house: Running
    chaos: Chaos
    seed: str
    talks: list[Talk] = field(default_factory=list)
    desks: list[Desk] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)

    def gathers(self, talks: int) -> None:
        """Visitors of both clinics, each with an address of their own, their staff, and streams of every fourth."""
        consents = {slug: self.house.visitor(slug).card()["consent"]["sha256"] for slug in (HARBOUR, HILL)}
        for number in range(talks):
            slug = (HARBOUR, HILL)[number % 2]
            visitor = Visitor(Impatient(self.house.service.url, f"127.9.{number // 250}.{1 + number % 250}"), slug)
            self.talks.append(Talk(visitor, consents[slug], Random(f"{self.seed} visitor {number}")))
        for number, known in enumerate(self.house.known):
            browser = Impatient(self.house.service.url, f"127.10.0.{1 + number}")
            self.desks.append(Desk(Staff.signed_in(browser, known), Random(f"{self.seed} staff {number}")))
        self.enough = threading.Event()
        self.followers = [Follower(talk, self.enough) for talk in self.talks[::4]]

    def rages(self, sends: int) -> None:
        """Everybody writes at once until all is acknowledged; streams are followed until they have told of all."""
        replies = sends * _REPLIES_OF_100 // 100
        shares = [share(sends - replies, len(self.talks), n) for n in range(len(self.talks))]
        with self.chaos.storm(), ThreadPoolExecutor(len(self.talks) + len(self.desks) + len(self.followers)) as pool:
            streams = [pool.submit(follower.follows) for follower in self.followers]
            writing = [pool.submit(talk.says, [f"message {n}" for n in range(count)])
                       for talk, count in zip(self.talks, shares, strict=True)]
            writing += [pool.submit(desk.answers, self.of(desk), share(replies, len(self.desks), n))
                        for n, desk in enumerate(self.desks)]
            try:
                for each in writing:
                    each.result()
                until(lambda: all(len(f.heard) >= last_seq(f.talk) for f in self.followers), 120, "streams to tell of all")
            finally:
                self.enough.set()
            for each in streams:
                each.result()

    def of(self, desk: Desk) -> list[Talk]:
        """The conversations that are this person's to answer: nobody else does."""
        mates = [other for other in self.desks if other.staff.clinic == desk.staff.clinic]
        return [talk for talk in self.talks if talk.visitor.clinic == desk.staff.clinic][mates.index(desk)::len(mates)]

    def count(self, table: str) -> int:
        """Rows that are really there, whatever the service says."""
        environ = {name: value for name, value in self.house.service.environ.items() if name.startswith("SECUREMSG_")}
        database = store.connect(load(environ))
        try:
            return database.read(lambda tx: tx.everywhere.one(f"SELECT count(*) AS n FROM {table}")).n
        finally:
            database.close()


def share(whole: int, parts: int, number: int) -> int:
    """The part of one among many, as even as whole numbers are."""
    return whole // parts + (number < whole % parts)


def last_seq(talk: Talk) -> int:
    return len(talk.acknowledged) + len(talk.answered)


@pytest.fixture(params=["sqlite", "postgresql"])
def storm(request, tmp_path):
    seed = os.environ.get("CHAOS_SEED") or secrets.token_hex(4)
    print(f"CHAOS_SEED={seed}")
    with place(request.param, request, tmp_path) as (template, known, url):
        service = Service(tmp_path, url, trusted_proxies="127.0.0.1/32")
        service.settings["bind"] = f"127.0.0.1:{service.port + 1}"
        with service, Chaos(service.port, service.port + 1, seed) as chaos:
            yield Storm(running(service, template, known).start(), chaos, seed)


@pytest.mark.timeout(300 * min(6, len(rounds(short=1))))  # a session may send 20 a minute, of 10,000
def test_none_is_lost_none_is_there_twice_and_the_order_stays(storm):
    sends = SENDS * len(rounds(short=1))
    begun = time.monotonic()
    storm.gathers(min(_MOST_TALKS, sends // 5))
    storm.rages(sends)
    report(storm, sends, time.monotonic() - begun)
    public = {key["key"]: key["public"] for key in storm.house.browser().get("/receipt-keys.json").json["keys"]}
    for talk in storm.talks:
        agrees(talk, public)
    for follower in storm.followers:
        assert follower.heard == list(range(1, last_seq(follower.talk) + 1)), "a gap, a repeat, or not in order"
    assert storm.count("messages") == sum(map(last_seq, storm.talks)) == sends
    assert storm.count("conversations") == len(storm.talks), "an opening that was repeated is one conversation"
    said = storm.count("audit WHERE action IN ('message.sent', 'conversation.opened') AND outcome = 'ok'")
    assert said == sends, "one line in the audit log for each"
    assert "Intact" in storm.house.service.command("audit", "verify")
    it_was_a_storm(storm, sends)
    assert "Traceback" not in storm.house.service.output()


def agrees(talk: Talk, public: dict[str, str]) -> None:
    """What is there is what was acknowledged: all, once, in order, as sealed; and the receipts hold."""
    items = transcript(talk)
    assert [item["seq"] for item in items] == list(range(1, last_seq(talk) + 1)) and all(item["verified"] for item in items)
    assert [item for item in items if item["author"]["kind"] == "visitor"] == talk.acknowledged
    texts = [item["data"]["text"] for item in items]
    assert [text for text in texts if text.startswith("message")] == [f"message {n}" for n in range(len(talk.acknowledged))]
    assert [text for text in texts if "reply" in text] == talk.answered
    for receipt, message in zip(talk.receipts, talk.acknowledged, strict=True):
        assert holds(receipt, public[receipt["key"]]) and receipt["message"] == message["id"] and receipt["seq"] == message["seq"]
        salted = (receipt["salt"] + message["data"]["text"]).encode()
        assert receipt["text_sha256"] == hashlib.sha256(salted).hexdigest()


def transcript(talk: Talk) -> list[dict]:
    items: list[dict] = []
    while True:
        page = talk.visitor.asks("GET", f"/messages?after={len(items)}").json
        items += page["items"]
        if not page["next"]:
            return items


def it_was_a_storm(storm: Storm, sends: int) -> None:
    """Each kind of mischief really happened, and many an acknowledgement was withheld."""
    done = storm.chaos.done
    rare = {kind: done[kind] for kind in TO_REQUESTS if done[kind] < sends // 100}
    rare |= {kind: done[kind] for kind in IN_STREAMS if done[kind] < max(1, sends // 1000)}
    assert not rare, f"too rare: {rare}"
    assert done["acknowledgement withheld"] >= sends // 10


def report(storm: Storm, sends: int, seconds: float) -> None:
    tries = sum(each.tries for each in (*storm.talks, *storm.desks))
    streams = sum(follower.connections for follower in storm.followers)
    print(f"{sends} sends in {len(storm.talks)} conversations, {tries} tries, {streams} streams, {seconds:.1f} s")
    print("  " + ", ".join(f"{kind} {count}×" for kind, count in sorted(storm.chaos.done.items())))
