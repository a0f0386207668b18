"""What must not come back to life with an older copy of the database: endings and erasures, done once more."""

from securemsg.crypto.vouching import SPENT
from securemsg.store import erasing, sessions, tokens
from securemsg.store.database import Tx

_THIS = "clinic_id = :clinic_id AND id = :id"
_PERSONS = "clinic_id = :clinic_id AND person_id = :id"
_ENDS = {
    "session": (f"UPDATE staff_sessions SET ended_at = :at, mac = :spent WHERE {_THIS} AND ended_at IS NULL",),
    "person": (f"UPDATE people SET disabled_at = :at WHERE {_THIS} AND disabled_at IS NULL",
               f"UPDATE person_roles SET mac = :spent WHERE {_PERSONS}", f"DELETE FROM credentials WHERE {_PERSONS}"),
    "credential": (f"DELETE FROM credentials WHERE {_THIS}",),
    # what was given afterwards stays: it says when
    "roles": (f"UPDATE person_roles SET mac = :spent WHERE {_PERSONS} AND coalesce(granted_at, 0) <= :at",),
    "pools": (f"UPDATE pool_members SET mac = :spent WHERE {_PERSONS} AND coalesce(granted_at, 0) <= :at",),
    "device": (f"DELETE FROM devices WHERE {_THIS}",),
}
_TOKENS = ("token", "replaced_token")
ERASED = "erased."
_FORGET = "DELETE FROM credentials WHERE kind = '{}'"
_PROOFS = {"passwords": "password", "apps": "totp", "recovery codes": "recovery"}


def repeat(tx: Tx, kind: str, clinic_id: str, id: str, at: int, mac: bytes | None = None) -> bool:
    """End or erase once more what ended before; False for a kind that this program does not know. Idempotent. `mac` vouches for
    an erasure."""
    if kind in _TOKENS:
        tokens.retire(tx, clinic_id, id, at)
        return True
    if kind.startswith(ERASED):
        return erasing.erase(tx, kind.removeprefix(ERASED), clinic_id, id, at, mac)
    if kind == "session":
        sessions.retire(tx, clinic_id, id, at)
    for statement in _ENDS.get(kind, ()):
        tx.run(statement, clinic_id=clinic_id, id=id, at=at, spent=SPENT)
    return kind in _ENDS


def end_single_use(tx: Tx, now: int, step: int) -> None:
    """Links and tickets that wait, in every clinic, and each code of the app up to a time step: they may have been used since."""
    every = tx.everywhere
    every.run("UPDATE invites SET used_at = :now, mac = :spent WHERE used_at IS NULL", now=now, spent=SPENT)
    every.run("UPDATE tickets SET used_at = :now, mac = :spent WHERE used_at IS NULL", now=now, spent=SPENT)
    every.run("UPDATE returns SET used_at = :now, mac = :spent WHERE used_at IS NULL", now=now, spent=SPENT)
    every.run("DELETE FROM return_codes")
    every.run("UPDATE credentials SET last_step = :step WHERE kind = 'totp' AND last_step < :step", step=step)


def end_everything(tx: Tx, now: int) -> dict[str, int]:
    """Where nobody knows what ended since: end all sessions and tokens, and let go of all that staff prove themselves with, in
    every clinic; how many. An old password and a stolen phone may be among it: everybody enrols anew.
    """
    every, end = tx.everywhere, "UPDATE staff_sessions SET ended_at = :now, mac = :spent WHERE ended_at IS NULL"
    ended = {"staff sessions": every.run(end, now=now, spent=SPENT),
             "visitors' sessions": sessions.retire_all(every, now),
             "API tokens": tokens.retire_all(every, now)}
    ended |= {what: every.run(_FORGET.format(kind)) for what, kind in _PROOFS.items()}
    every.run("UPDATE people SET enrolled_at = NULL")
    every.run("DELETE FROM devices")
    return ended
