"""Links that open a conversation on another device, and the codes that they ask for."""

from securemsg.crypto.vouching import SPENT
from securemsg.store.database import Row, Tx
from securemsg.store.ids import new_id

_LINK = "clinic_id = :clinic_id AND secret_sha256 = :secret_sha256"
_CODE = "clinic_id = :clinic_id AND conversation_id = :conversation_id"


def insert(tx: Tx, clinic_id: str, conversation_id: str, secret_sha256: bytes, mac: bytes, now: int, expires_at: int) -> None:
    tx.insert("returns", clinic_id=clinic_id, id=new_id(), conversation_id=conversation_id, secret_sha256=secret_sha256, mac=mac,
              created_at=now, expires_at=expires_at)


def one(tx: Tx, clinic_id: str, secret_sha256: bytes) -> Row | None:
    """`conversation_id, mac, expires_at, used_at` of a link, used or not; None where there is none."""
    return tx.one(f"SELECT conversation_id, mac, expires_at, used_at FROM returns WHERE {_LINK}", clinic_id=clinic_id,
                  secret_sha256=secret_sha256)


def use(tx: Tx, clinic_id: str, secret_sha256: bytes, now: int) -> bool:
    """Use a link up; False when it was."""
    return tx.run(f"UPDATE returns SET used_at = :now, mac = :spent WHERE {_LINK} AND used_at IS NULL AND expires_at > :now",
                  clinic_id=clinic_id, secret_sha256=secret_sha256, now=now, spent=SPENT) == 1


def put_code(tx: Tx, clinic_id: str, conversation_id: str, code_mac: bytes, expires_at: int) -> None:
    """In place of the one before."""
    tx.run("INSERT INTO return_codes (clinic_id, conversation_id, code_mac, expires_at) VALUES (:clinic_id, :conversation_id,"
           " :code_mac, :expires_at) ON CONFLICT (clinic_id, conversation_id) DO UPDATE SET code_mac = excluded.code_mac,"
           " expires_at = excluded.expires_at", clinic_id=clinic_id, conversation_id=conversation_id, code_mac=code_mac,
           expires_at=expires_at)


def code(tx: Tx, clinic_id: str, conversation_id: str) -> Row | None:
    """`code_mac, expires_at` of the newest code."""
    return tx.one(f"SELECT code_mac, expires_at FROM return_codes WHERE {_CODE}", clinic_id=clinic_id,
                  conversation_id=conversation_id)


def drop_code(tx: Tx, clinic_id: str, conversation_id: str) -> bool:
    """The code counts no more; False when somebody was quicker."""
    return tx.run(f"DELETE FROM return_codes WHERE {_CODE}", clinic_id=clinic_id, conversation_id=conversation_id) == 1


def expire(tx: Tx, now: int) -> None:
    """Drop what opens nothing any more, in every clinic."""
    tx.everywhere.run("DELETE FROM returns WHERE expires_at <= :now", now=now)
    tx.everywhere.run("DELETE FROM return_codes WHERE expires_at <= :now", now=now)
