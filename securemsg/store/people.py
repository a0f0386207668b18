"""Staff: people, their roles, credentials, invites and sessions."""

from securemsg.crypto.keyring import Indexed
from securemsg.crypto.vouching import SPENT
from securemsg.store.database import Row, Tx, placed, places
from securemsg.store.ids import new_id
from securemsg.store.outbox import insert_revocation
from securemsg.times import HOUR

_SET_BACK = 2 * HOUR  # a clock may be set back by that much without ending anybody's session
_PERSON = "SELECT id, name, email, title, created_at, enrolled_at, disabled_at FROM people WHERE clinic_id = :clinic_id"


def insert(tx: Tx, clinic_id: str, id: str, name: bytes, email: bytes, index: Indexed, known: list[bytes], title: str | None,
           now: int) -> bool:
    """A new person; False when the address is taken. `known` are its indexes under every key."""
    if one_by_email(tx, clinic_id, known):
        return False
    return tx.insert("people", clinic_id=clinic_id, id=id, name=name, email=email, email_index=index.hash,
                     index_version=index.version, title=title, created_at=now, or_nothing=True)


def one(tx: Tx, clinic_id: str, id: str):
    return tx.one(f"{_PERSON} AND id = :id", clinic_id=clinic_id, id=id)


def one_by_email(tx: Tx, clinic_id: str, indexes: list[bytes]):
    """The person with an address, by its blind index under each key there is."""
    return tx.one(f"{_PERSON} AND email_index IN ({places('index', indexes)})", clinic_id=clinic_id, **placed('index', indexes))


def everyone(tx: Tx, clinic_id: str) -> list:
    return tx.all(f"{_PERSON} ORDER BY created_at, id", clinic_id=clinic_id)


def disable(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """End a person's access; False when it had ended."""
    ended = tx.run("UPDATE people SET disabled_at = :now WHERE clinic_id = :clinic_id AND id = :id AND disabled_at IS NULL",
                   clinic_id=clinic_id, id=id, now=now) == 1
    if ended:
        insert_revocation(tx, clinic_id, "person", id, now)
    return ended


def may_work(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whether a person's access has not ended."""
    found = one(tx, clinic_id, id)
    return found is not None and found.disabled_at is None


def insert_role(tx: Tx, clinic_id: str, person_id: str, role: str, mac: bytes, granted_at: int) -> None:
    tx.insert("person_roles", clinic_id=clinic_id, person_id=person_id, role=role, mac=mac, granted_at=granted_at)


def has_role(tx: Tx, clinic_id: str, role: str, among: list[str]) -> bool:
    """Whether any of these people (by id) still has a role, and access."""
    if not among:
        return False
    found = tx.one("SELECT 1 AS yes FROM person_roles r JOIN people p ON p.clinic_id = r.clinic_id AND p.id = r.person_id WHERE"
                   f" r.clinic_id = :clinic_id AND r.role = :role AND p.disabled_at IS NULL AND p.id IN ({places('id', among)})",
                   clinic_id=clinic_id, role=role, **placed("id", among))
    return found is not None


def end_roles(tx: Tx, clinic_id: str, person_id: str, now: int) -> None:
    """Before others are given: those of before count no more, in no restored copy either."""
    insert_revocation(tx, clinic_id, "roles", person_id, now)
    tx.run("DELETE FROM person_roles WHERE clinic_id = :clinic_id AND person_id = :person_id", clinic_id=clinic_id,
           person_id=person_id)


def roles(tx: Tx, clinic_id: str) -> list:
    """`clinic_id, person_id, role, mac, granted_at` of everybody; the last is None of the time before roles could be changed."""
    return tx.all("SELECT clinic_id, person_id, role, mac, granted_at FROM person_roles WHERE clinic_id = :clinic_id"
                  " ORDER BY role", clinic_id=clinic_id)


def spend_roles(tx: Tx, clinic_id: str, person_id: str) -> None:
    """Nobody vouches for a person's roles any more: the rows tell only what they were."""
    tx.run("UPDATE person_roles SET mac = :spent WHERE clinic_id = :clinic_id AND person_id = :person_id", spent=SPENT,
           clinic_id=clinic_id, person_id=person_id)


# Invites: the one-time link
def insert_invite(tx: Tx, clinic_id: str, person_id: str, secret_sha256: bytes, mac: bytes, now: int,
                  expires_at: int) -> None:
    tx.insert("invites", clinic_id=clinic_id, id=new_id(), person_id=person_id, secret_sha256=secret_sha256, mac=mac,
              created_at=now, expires_at=expires_at)


def end_invites(tx: Tx, clinic_id: str, person_id: str, now: int) -> None:
    """A newer link ends the older ones."""
    tx.run("UPDATE invites SET used_at = :now, mac = :spent WHERE clinic_id = :clinic_id AND person_id = :person_id AND"
           " used_at IS NULL", clinic_id=clinic_id, person_id=person_id, now=now, spent=SPENT)


def one_invite(tx: Tx, clinic_id: str, secret_sha256: bytes, now: int) -> Row | None:
    """`person_id, mac` of a link; None when it is unknown, used or too old."""
    return tx.one("SELECT i.person_id, i.mac FROM invites i JOIN people p ON p.clinic_id = i.clinic_id AND p.id = i.person_id"
                  " WHERE i.clinic_id = :clinic_id AND i.secret_sha256 = :secret_sha256 AND i.used_at IS NULL AND"
                  " i.expires_at > :now AND p.disabled_at IS NULL", clinic_id=clinic_id, secret_sha256=secret_sha256, now=now)


def use_invite(tx: Tx, clinic_id: str, secret_sha256: bytes, now: int) -> bool:
    """Use a link up; False when somebody was quicker."""
    return tx.run("UPDATE invites SET used_at = :now, mac = :spent WHERE clinic_id = :clinic_id AND"
                  " secret_sha256 = :secret_sha256 AND used_at IS NULL",
                  clinic_id=clinic_id, secret_sha256=secret_sha256, now=now, spent=SPENT) == 1


# Credentials
def insert_credential(tx: Tx, clinic_id: str, id: str, person_id: str, kind: str, mac: bytes, now: int, *,
                      hash: str | None = None, sealed: bytes | None = None, last_step: int = 0) -> None:
    tx.insert("credentials", clinic_id=clinic_id, id=id, person_id=person_id, kind=kind, mac=mac, hash=hash, sealed=sealed,
              last_step=last_step, created_at=now)


def drop_credentials(tx: Tx, clinic_id: str, person_id: str, now: int) -> None:
    """Before a new enrolment: what was known of the person counts no more, in no restored copy either."""
    for row in credentials(tx, clinic_id, person_id):
        insert_revocation(tx, clinic_id, "credential", row.id, now)
    tx.run("DELETE FROM credentials WHERE clinic_id = :clinic_id AND person_id = :person_id",
           clinic_id=clinic_id, person_id=person_id)


def credentials(tx: Tx, clinic_id: str, person_id: str) -> list:
    return tx.all("SELECT id, person_id, kind, hash, sealed, mac, last_step, used_at FROM credentials WHERE"
                  " clinic_id = :clinic_id AND person_id = :person_id", clinic_id=clinic_id, person_id=person_id)


def credentials_by_hash(tx: Tx, clinic_id: str, kind: str, hash: str) -> list:
    """The same of whoever has it."""
    return tx.all("SELECT id, person_id, kind, hash, sealed, mac, last_step, used_at FROM credentials WHERE"
                  " clinic_id = :clinic_id AND kind = :kind AND hash = :hash", clinic_id=clinic_id, kind=kind, hash=hash)


def use_totp(tx: Tx, clinic_id: str, id: str, step: int, now: int) -> bool:
    """Mark a time step used; False when it, or a later one, was used before."""
    return tx.run("UPDATE credentials SET last_step = :step, used_at = :now WHERE clinic_id = :clinic_id AND id = :id AND"
                  " last_step < :step", clinic_id=clinic_id, id=id, step=step, now=now) == 1


def use_recovery_code(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """Use up a code, in every restored copy too; False when it was used."""
    used = tx.run("UPDATE credentials SET used_at = :now, mac = :spent WHERE clinic_id = :clinic_id AND id = :id AND"
                  " used_at IS NULL", clinic_id=clinic_id, id=id, now=now, spent=SPENT) == 1
    if used:
        insert_revocation(tx, clinic_id, "credential", id, now)
    return used


def set_enrolled(tx: Tx, clinic_id: str, person_id: str, now: int) -> bool:
    """False for a person who has no access any more."""
    return tx.run("UPDATE people SET enrolled_at = :now WHERE clinic_id = :clinic_id AND id = :id AND disabled_at IS NULL",
                  clinic_id=clinic_id, id=person_id, now=now) == 1


# Sessions
def insert_session(tx: Tx, clinic_id: str, id: str, person_id: str, token_sha256: bytes, mac: bytes, stage: str, now: int,
                   idle_until: int, absolute_until: int, address: bytes | None, draft: bytes | None,
                   device_id: str | None, step_up_at: int | None) -> None:
    tx.insert("staff_sessions", clinic_id=clinic_id, id=id, person_id=person_id, token_sha256=token_sha256, mac=mac, stage=stage,
              created_at=now, last_used_at=now, idle_until=idle_until, absolute_until=absolute_until, address=address,
              draft=draft, device_id=device_id, step_up_at=step_up_at)


def one_session(tx: Tx, clinic_id: str, token_sha256: bytes, now: int):
    """A living session with its person, or None. One of a time that has not come was begun under a wrong clock."""
    return tx.one("SELECT s.id, s.person_id, s.mac, s.stage, s.created_at, s.last_used_at, s.idle_until, s.absolute_until,"
                  " CASE WHEN s.stage = 'enrolling' THEN s.draft END AS draft, s.step_up_at, s.device_id, p.name,"
                  " p.email, p.title, EXISTS (SELECT 1 FROM devices d WHERE"
                  " d.clinic_id = s.clinic_id AND d.person_id = s.person_id AND d.noticed_at IS NULL) AS has_news"
                  " FROM staff_sessions s JOIN people p ON"
                  " p.clinic_id = s.clinic_id AND p.id = s.person_id WHERE s.clinic_id = :clinic_id AND"
                  " s.token_sha256 = :token_sha256 AND s.ended_at IS NULL AND s.idle_until > :now AND"
                  " s.absolute_until > :now AND s.last_used_at <= :soon AND p.disabled_at IS NULL",
                  clinic_id=clinic_id, token_sha256=token_sha256, now=now, soon=now + _SET_BACK)


def living_sessions(tx: Tx, clinic_id: str, person_id: str, now: int) -> list:
    """Where a person is signed in, what was used last first."""
    return tx.all("SELECT id, token_sha256, mac, stage, created_at, last_used_at, step_up_at, address, device_id FROM"
                  " staff_sessions WHERE clinic_id = :clinic_id AND person_id = :person_id AND stage = 'signed_in' AND"
                  " ended_at IS NULL AND idle_until > :now AND absolute_until > :now AND last_used_at <= :soon"
                  " ORDER BY last_used_at DESC, id DESC",
                  clinic_id=clinic_id, person_id=person_id, now=now, soon=now + _SET_BACK)


def touch_session(tx: Tx, clinic_id: str, id: str, now: int, idle_until: int) -> None:
    tx.run("UPDATE staff_sessions SET last_used_at = :now, idle_until = :idle_until WHERE clinic_id = :clinic_id AND id = :id",
           clinic_id=clinic_id, id=id, now=now, idle_until=idle_until)


def step_up(tx: Tx, clinic_id: str, id: str, before: bytes, at: int, mac: bytes) -> bool:
    """Note when a second factor was shown, under a new MAC; False when the session has ended or changed since it was
    `before`."""
    return tx.run("UPDATE staff_sessions SET step_up_at = :at, mac = :mac WHERE clinic_id = :clinic_id AND id = :id AND"
                  " ended_at IS NULL AND mac = :before", clinic_id=clinic_id, id=id, at=at, mac=mac, before=before) == 1


def draft(tx: Tx, clinic_id: str, id: str) -> bytes | None:
    """What waits in a living session, sealed."""
    row = tx.one("SELECT draft FROM staff_sessions WHERE clinic_id = :clinic_id AND id = :id AND ended_at IS NULL",
                 clinic_id=clinic_id, id=id)
    return row and row.draft


def set_draft(tx: Tx, clinic_id: str, id: str, before: bytes | None, draft: bytes) -> bool:
    """False when the session has ended, or what waits there has changed since it was `before`."""
    return tx.run("UPDATE staff_sessions SET draft = :draft WHERE clinic_id = :clinic_id AND id = :id AND ended_at IS NULL AND"
                  " coalesce(draft, :nothing) = :before", clinic_id=clinic_id, id=id, before=before or b"", draft=draft,
                  nothing=b"") == 1


def expire_drafts(tx: Tx, now: int) -> None:
    """Forget, in every clinic, what waits in sessions that are over."""
    tx.everywhere.run("UPDATE staff_sessions SET draft = NULL WHERE draft IS NOT NULL AND idle_until <= :now", now=now)


def end_session(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """End one, in every process and every restored copy; False when it had ended."""
    ended = tx.run("UPDATE staff_sessions SET ended_at = :now, mac = :spent, draft = NULL WHERE clinic_id = :clinic_id AND"
                   " id = :id AND ended_at IS NULL", clinic_id=clinic_id, id=id, now=now, spent=SPENT) == 1
    if ended:
        insert_revocation(tx, clinic_id, "session", id, now)
    return ended


def end_sessions(tx: Tx, clinic_id: str, person_id: str, now: int, *stages: str) -> tuple[str, ...]:
    """End a person's sessions of these stages; their ids."""
    rows = tx.all("SELECT id, stage FROM staff_sessions WHERE clinic_id = :clinic_id AND person_id = :person_id AND"
                  " ended_at IS NULL", clinic_id=clinic_id, person_id=person_id)
    return tuple(row.id for row in rows if row.stage in stages and end_session(tx, clinic_id, row.id, now))
