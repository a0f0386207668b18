"""What there is to know of a clinic's pools, for systems: who works in each, which topics go there, whether somebody reads it."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from securemsg.desk import looked_after, people
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.pools import Pools
from securemsg.errors import Missing


@dataclass(frozen=True, slots=True)
class Shown:
    """Pools, and by their ids what else is told: who works at the clinic, and which pools have topics or open conversations and
    nobody who reads."""

    home: Clinic
    pools: Pools
    there: frozenset[str]
    unseen: frozenset[str | None]

    def of(self, id: str) -> dict[str, Any]:
        """The facts of one; Missing where there is none of that id. `version` names all that can be changed of it."""
        if id not in self.pools.names:
            raise Missing("There is no such pool.")
        topics = (self.home.category_by_id(topic).name for topic, to in self.pools.routed.items() if to == id)
        facts = {"id": id, "name": self.pools.names[id], "label": self.pools.labels[id],
                 "members": sorted(self.pools.members[id] & self.there), "categories": sorted(topics)}
        return {**facts, "unseen": id in self.unseen, "version": hashlib.sha256(orjson.dumps(facts)).hexdigest()[:16]}


def shown(desk: Desk, home: Clinic, pools: Pools) -> Shown:
    """These pools, which may be those that will be."""
    return Shown(home, pools, people.at_work(desk, home.id), looked_after.unseen(desk, home.id, pools))
