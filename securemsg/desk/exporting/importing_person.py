"""Put a person's export back: all the conversations in it, or none of them."""

from typing import Any

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.exporting.checking import faults_around
from securemsg.desk.exporting.importing import CHANGED, STRANGE, prepared, write_down
from securemsg.desk.exporting.record import digest
from securemsg.desk.exporting.shape import PERSON
from securemsg.errors import Refused


def is_person(found: Any) -> bool:
    """Whether it says of itself that it is such an export."""
    return isinstance(found, dict) and found.get("format") == PERSON


def put_back(desk: Desk, home: Clinic, who: Who, found: dict[str, Any], now: int) -> list[str]:
    """The ids of the conversations, which are those that they had. Refused with a sentence, and nothing of it is written, where
    one of them would be (importing.py), or where it is not as it was exported."""
    if fault := next(faults_around(found), None):
        raise Refused(STRANGE.format(fault=fault))
    ready = [prepared(desk, home, who, each, now) for each in found["conversations"]]
    if found["sha256"] != digest(found):
        raise Refused(CHANGED)
    return write_down(desk, home, ready)
