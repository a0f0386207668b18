"""After a restore: what ended, was erased or is held since the archive was made stays so, as far as the ledger knows it."""

from dataclasses import dataclass, field

from securemsg.crypto import ledger
from securemsg.crypto.ledger import Entry
from securemsg.desk.archive.ledger import GAP, key_of
from securemsg.desk.archive.unsent import give_back
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import hold_rows
from securemsg.desk.thread import erasure_facts
from securemsg.errors import Unverified
from securemsg.store import Tx, aftermath, deliveries
from securemsg.times import DAY, SECOND, rfc3339

_STEP_SECONDS = 30  # of the codes that apps show
_OLD = DAY  # one that was kept until a day before may be used as it is; what it does not know is said
_WITHOUT = ("So all {ended} were ended: staff sign in again once each has a new link (`securemsg staff link SLUG EMAIL`). Before "
            "that, disable once more who was disabled since {since} (`securemsg staff list SLUG`). What was erased since then "
            "has returned: erase it again. What was held since then is held no more: hold it again, and then say `securemsg "
            "retention run --after-a-restore`. Until then nothing is erased because it is old, or because a visitor asks.")


@dataclass
class Replayed:
    """What the ledger said, and whether it can be relied on; `sentence` is empty when it can. It speaks until `reaches`
    (microseconds, 0: never): a copy of it cannot know what ended afterwards. `drafts` tells how many replies that waited to go
    out were given back to who wrote them, `deliveries` how many of plugins wait for a person, `holds` how many conversations are
    held that were not when the archive was made.
    """

    counts: dict[str, int] = field(default_factory=dict)
    sentence: str = ""
    lines: int = 0
    reaches: int = 0
    drafts: int = 0
    deliveries: int = 0
    holds: int = 0


def settle(desk: Desk, tx: Tx, header: dict, now: int) -> Replayed:
    """Do once more what the ledger knows of. One that is missing, altered, cut or old: end everything."""
    aftermath.end_single_use(tx, now, now // SECOND // _STEP_SECONDS + 1)  # a clock may be a step ahead
    replayed = Replayed()
    fault = _replay(desk, tx, header["ledger"], replayed) or _too_short(desk, replayed.reaches, now)
    if fault:
        ended = aftermath.end_everything(tx, now)
        told = ", ".join(f"{number} {what}" for what, number in ended.items())
        replayed.sentence = f"{fault} {_WITHOUT.format(ended=told, since=header['made_at'])}"
    replayed.holds = hold_rows.put_back(desk, tx)
    replayed.drafts, replayed.deliveries = give_back(desk, tx, now), deliveries.set_aside_restored(tx, now)
    return replayed


def _replay(desk: Desk, tx: Tx, at_backup: dict, replayed: Replayed) -> str:
    """Repeat each line; the sentence that says why they are not all there is to know, or nothing."""
    path, reached, gap = desk.settings.ledger, at_backup["lines"] == 0, 0
    try:
        for entry, mac in ledger.read(path, key_of(desk)):
            gap = entry.at if reached and entry.kind == GAP else gap
            replayed.lines, replayed.reaches = replayed.lines + 1, max(replayed.reaches, entry.at)
            reached = reached or (replayed.lines, mac) == (at_backup["lines"], at_backup["mac"])
            if aftermath.repeat(tx, entry.kind, entry.clinic, entry.id, entry.at, _mac(desk, entry)):
                replayed.counts[entry.kind] = replayed.counts.get(entry.kind, 0) + 1
    except FileNotFoundError:
        return f"The ledger {path} is missing."
    except OSError as error:
        return f"The ledger {path} cannot be read: {error.strerror}."
    except Unverified:
        return f"The ledger {path} was altered, or belongs to another service."
    if gap:
        return f"The ledger {path} does not know all that ended before {rfc3339(gap)}: it was not whole at an earlier restore."
    return "" if reached else f"The ledger {path} is older than the archive."


def _mac(desk: Desk, entry: Entry) -> bytes | None:
    """What vouches for the row of an erasure, which the ledger's own line has proven."""
    kind = entry.kind.removeprefix(aftermath.ERASED)
    return None if kind == entry.kind else desk.vouch(*erasure_facts(entry.clinic, kind, entry.id, entry.at))


def _too_short(desk: Desk, reaches: int, now: int) -> str:
    """The sentence that says why its end may be missing, or nothing: no line can tell that another came after it."""
    if ledger.is_torn(desk.settings.ledger):
        return f"The ledger {desk.settings.ledger} ends in the middle of a line."
    if not reaches:
        return f"The ledger {desk.settings.ledger} does not say until when it was kept."
    if now - reaches > _OLD:
        return (f"The ledger {desk.settings.ledger} reaches only to {rfc3339(reaches)}: either nothing ran since, or what ended "
                "since is missing.")
    return ""


def needed(header: dict) -> str:
    """What must be at hand to make use of an archive."""
    epochs = ", ".join(f"{epoch} (under the root key {root})" for epoch, root in header["epochs"].items())
    return f"To open what it holds: a keystore with the epoch {epochs}. It was made at {rfc3339(header['at'])}."
