"""Keys: how many conversation keys a rotation moves in a second, and what sealing and opening one message costs."""

from collections.abc import Callable
from contextlib import closing
from time import perf_counter

from securemsg import settings
from securemsg.crypto.envelope import Key, Place, seal, unseal
from securemsg.desk import Desk, keys, open_desk
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.store import Tx, conversations
from securemsg.store.ids import new_id
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.measuring import Plan
from tests.bench.outcome import Outcome
from tests.bench.prepare import TEXT, fill
from tests.bench.servers import Stage

_PORTION = 1000  # rows in one transaction


def keeping(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Many conversations, rotated several times, on SQLite in this process: unwrap, wrap, and the rows changed on the disk."""
    environ = {"SECUREMSG_DATA": str(stage.folder / "keys" / "data")}
    number, meter, rates = 50_000 if plan.long else 10_000, Meter(), []
    fill(environ, 1)
    with closing(open_desk(settings.load(environ))) as desk:
        _write(desk, number)
        home = clinic(desk, "busy").id
        for _ in range(plan.rounds):
            begun = perf_counter()
            done = keys.rotate_clinic(desk, Who("service", home), home, desk.clock())
            rates.append(done.moved / (perf_counter() - begun))
            assert done.moved > number and not done.strange
    noisy = meter.others() > plan.quiet_cores
    out.rounds["keys"] = rates
    what = f"conversation keys rotated in a second (of {number:,})"
    out.goals.append(Goal("keys", what, 20_000, rates, at_least=True, unit="/s", noisy=noisy))
    out.goals.append(Goal("seal", "sealing and opening one message of 300 bytes", 200, _sealing(plan), unit="µs", noisy=noisy))


def _write(desk: Desk, number: int) -> None:
    """Conversations with keys of their own and no messages: copies of the one there is."""
    home = clinic(desk, "busy").id
    [one] = desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM conversations WHERE clinic_id = :id", id=home))
    for start in range(0, number, _PORTION):
        ids = [new_id() for _ in range(_PORTION)]
        wrapped = [desk.keys.new_conversation(home, id)[1] for id in ids]

        def write(tx: Tx, ids=ids, wrapped=wrapped, start=start) -> None:
            rows = [list((one._asdict() | {"id": id, "reference": f"{start + place}"}).values()) for place, id in enumerate(ids)]
            tx.everywhere.insert_all("conversations", one._fields, rows)
            for id, key in zip(ids, wrapped, strict=True):
                conversations.insert_key(tx, home, id, key.version, key.wrapped, int(key.wrapped_by))

        desk.database.write(write)


def _sealing(plan: Plan) -> list[float]:
    """Microseconds for both, one number for each round."""
    key, text = Key(bytes(range(32)), 1), TEXT.encode()
    place = Place("messages", "sealed", new_id(), new_id(), new_id(), "visitor")
    return [_took(lambda: unseal(key, place, seal(key, place, text)), 2000) for _ in range(plan.rounds)]


def _took(act: Callable[[], object], times: int) -> float:
    begun = perf_counter()
    for _ in range(times):
        act()
    return (perf_counter() - begun) * 1e6 / times
