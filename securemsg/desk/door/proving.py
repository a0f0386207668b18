"""What staff prove themselves with: a password, an app that shows codes, recovery codes. Each row is vouched for."""

from collections.abc import Callable
from functools import partial

from securemsg.crypto import credentials
from securemsg.crypto.envelope import Place, seal
from securemsg.desk.desk import Desk
from securemsg.desk.people import open_value
from securemsg.errors import Unverified
from securemsg.store import Tx, people
from securemsg.store.ids import new_id
from securemsg.times import SECOND

Use = Callable[[Tx], bool]


def kept(desk: Desk, clinic_id: str, person_id: str) -> list:
    """The person's rows that count."""
    return counted(desk, clinic_id, desk.database.read(lambda tx: people.credentials(tx, clinic_id, person_id)))


def counted(desk: Desk, clinic_id: str, found: list) -> list:
    """Of these rows, those that count: none that another hand wrote, moved to somebody or put back."""
    rows = [row for row in found if not desk.ended.at("credential", row.id)]
    return [row for row in rows
            if desk.vouched(row.mac, *facts(clinic_id, row.id, row.person_id, row.kind, row.hash, row.sealed))]


def fresh(desk: Desk, clinic_id: str, person_id: str, phc: str, totp_secret: bytes, step: int, codes: list[str]) -> list[dict]:
    """The rows of a new password (as a PHC string), an app whose `step` was used already, and recovery codes."""
    app = new_id()
    sealed = seal(desk.keys.data(clinic_id), Place("credentials", "sealed", clinic_id, app), totp_secret)
    rows = [(new_id(), "password", phc, None), (app, "totp", None, sealed)]
    rows += [(new_id(), "recovery", _recovery_hash(desk, clinic_id, code), None) for code in codes]
    return [{"id": id, "kind": kind, "hash": hash, "sealed": value, "last_step": step if kind == "totp" else 0,
             "mac": desk.vouch(*facts(clinic_id, id, person_id, kind, hash, value))} for id, kind, hash, value in rows]


def second_factor(desk: Desk, clinic_id: str, rows: list, code: str, now: int) -> Use | None:
    """What uses the code up, each time step and each recovery code once, if it fits; that is False for who comes second."""
    if len(shown := digits(code)) == 6:
        return _of_app(desk, clinic_id, rows, shown, now)
    hashed = _recovery_hash(desk, clinic_id, code)
    found = next((row for row in rows if row.kind == "recovery" and row.hash == hashed), None)
    return partial(people.use_recovery_code, clinic_id=clinic_id, id=found.id, now=now) if found else None


def digits(code: str) -> str:
    """A code as the app shows it, however it was typed; "" when it holds anything else."""
    text = code.replace(" ", "").strip()
    return text if text.isascii() and text.isdigit() else ""


def _of_app(desk: Desk, clinic_id: str, rows: list, shown: str, now: int) -> Use | None:
    for row in (row for row in rows if row.kind == "totp"):
        try:
            secret = open_value(desk, clinic_id, "credentials", "sealed", row.id, row.sealed)
        except Unverified:
            continue
        step = credentials.totp_step(secret, shown, now // SECOND, row.last_step)
        if step is not None:
            return partial(people.use_totp, clinic_id=clinic_id, id=row.id, step=step, now=now)
    return None


def _recovery_hash(desk: Desk, clinic_id: str, code: str) -> str:
    plain = code.replace(" ", "").replace("-", "").lower()
    return desk.keys.lasting_index(clinic_id, "recovery", plain).hex()


def facts(clinic_id: str, id: str, person_id: str, kind: str, hash: str | None, sealed: bytes | None) -> tuple:
    """What the MAC of a credential's row covers."""
    return "credentials", clinic_id, id, person_id, kind, hash, sealed
