"""Clinic keys and conversation keys: make, wrap, unwrap, and keep the opened ones for a while.

root → epoch (keystore) → clinic key → { clinic data key, clinic index key, conversation keys }.
The keyring knows no SQL: it is handed a function that loads a scope's wrapped keys. New versions are renewal.py's.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from securemsg.crypto.envelope import Key
from securemsg.crypto.keystore import Keystore
from securemsg.crypto.lately import Lately
from securemsg.crypto.roots import Root
from securemsg.crypto.wraps import unwrap, wrap
from securemsg.errors import Misconfigured, Unverified

SERVICE = "00000000-0000-0000-0000-000000000000"  # the nil clinic: keys and events of the service as a whole
_KEY_BYTES = 32  # 256 bits


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One row of `keys`. `wrapped_by` is an epoch for purpose "clinic" and for the service, else a clinic key version; `state`
    is active, retired (it opens, and seals nothing new) or destroyed."""

    purpose: str
    version: int
    wrapped: bytes = field(repr=False)
    wrapped_by: str
    state: str = "active"


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """What is derived from one conversation's key (HKDF-Expand, RFC 5869): one key for each use."""

    body: Key
    note: Key
    head: bytes = field(repr=False)


class Indexed(NamedTuple):
    """A blind index (32 bytes) and the version of the key it was made with."""

    hash: bytes
    version: int


class Keyring:
    """Opens keys on demand. `load(clinic)` returns the clinic's rows of `keys`, all versions."""

    def __init__(self, keystore: Keystore, load: Callable[[str], Iterable[WrappedKey]]):
        self._keystore = keystore
        self._load = load
        self._clinics = Lately()
        self._conversations = Lately()

    def conversation(self, clinic: str, conversation: str, version: int, wrapped: bytes, wrapped_by: int) -> ConversationKeys:
        """A conversation's keys; Unverified when its wrapped key was altered or moved."""
        name = (clinic, conversation, version, wrapped)
        found = self._conversations.get(name)
        if found is None:
            found = self._conversations.put(name, self.conversation_once(clinic, conversation, version, wrapped, wrapped_by))
        return found

    def conversation_once(self, clinic: str, conversation: str, version: int, wrapped: bytes,
                          wrapped_by: int) -> ConversationKeys:
        """The same, not kept: who goes through all conversations must not push out those that people are working with."""
        clinic_key = self.key(clinic, "clinic", wrapped_by)
        secret = unwrap(clinic_key.secret, wrapped, "conversation-key", clinic, conversation, str(version))
        return _derived(secret, version)

    def new_conversation(self, clinic: str, conversation: str, version: int = 1) -> tuple[ConversationKeys, WrappedKey]:
        """Fresh keys for a conversation, and the row that keeps them."""
        clinic_key, secret = self.active(clinic, "clinic"), secrets.token_bytes(_KEY_BYTES)
        wrapped = wrap(clinic_key.secret, secret, "conversation-key", clinic, conversation, str(version))
        return _derived(secret, version), WrappedKey("conversation", version, wrapped, str(clinic_key.version))

    def forget_conversation(self, clinic: str, conversation: str) -> None:
        """Let go of what was opened of it in this process: its key was destroyed."""
        self._conversations.forget(lambda name: name[:2] == (clinic, conversation))

    def active(self, clinic: str, purpose: str) -> Key:
        """The clinic's newest active key of a purpose: clinic, data, index; for SERVICE: audit, receipt, cursor, limits, rows."""
        return self._opened(clinic)[purpose, 0]

    def versions(self, clinic: str, purpose: str) -> list[Key]:
        """Every key of a purpose that is not destroyed: to check what older ones signed."""
        return [key for (kind, version), key in self._opened(clinic).items() if kind == purpose and version]

    def data(self, clinic: str, version: int = 0) -> Key:
        """The clinic data key: staff names, contacts, TOTP secrets. Version 0 is the active one."""
        return self.key(clinic, "data", version)

    def people(self, clinic: str, version: int = 0) -> Key:
        """What seals names and addresses of staff: derived from that version of the clinic key, 0 for the active one, so that it
        ends with it. Unlike the data key it is gone after the next shredding, and with it what was erased of a person."""
        key = self.key(clinic, "clinic", version)
        return Key(expand(key.secret, "people"), key.version)

    def blind_index(self, clinic: str, field_name: str, value: str) -> bytes:
        """A keyed hash that finds equal values without telling them, under the newest index key. 32 bytes."""
        return self.newest_index(clinic, field_name, value).hash

    def newest_index(self, clinic: str, field_name: str, value: str) -> Indexed:
        """The same with the version of its key, to be stored beside it."""
        return _indexed(self.active(clinic, "index"), field_name, value)

    def blind_indexes(self, clinic: str, field_name: str, value: str) -> list[bytes]:
        """The same under each version there is: a value that was stored before a rotation may not have been moved yet."""
        return [_indexed(key, field_name, value).hash for key in self.versions(clinic, "index")]

    def lasting_index(self, clinic: str, field_name: str, value: str) -> bytes:
        """The same under the clinic's first index key, for ever: for values that nobody can find again to hash them anew."""
        return _indexed(min(self.versions(clinic, "index"), key=lambda key: key.version), field_name, value).hash

    def new_clinic(self, clinic: str) -> list[WrappedKey]:
        """The keys a new clinic needs, wrapped."""
        secret = secrets.token_bytes(_KEY_BYTES)
        rows = [self.under_epoch(clinic, "clinic", 1, secret)]
        for purpose in ("data", "index"):
            fresh = secrets.token_bytes(_KEY_BYTES)
            rows.append(WrappedKey(purpose, 1, wrap(secret, fresh, f"{purpose}-key", clinic, "1"), "1"))
        return rows

    def new_service(self) -> list[WrappedKey]:
        """The service's own keys: a branch beside the clinics'. `receipt` and `checkpoint` are Ed25519 seeds (RFC 8032)."""
        purposes = ("audit", "checkpoint", "receipt", "cursor", "limits", "rows")
        return [self.under_epoch(SERVICE, purpose, 1, secrets.token_bytes(_KEY_BYTES)) for purpose in purposes]

    def under_epoch(self, clinic: str, purpose: str, version: int, secret: bytes) -> WrappedKey:
        """The row of a clinic key, or of one of the service's: wrapped by the active epoch."""
        epoch = self._keystore.active
        wrapped = wrap(self._keystore.epochs[epoch], secret, f"{purpose}-key", clinic, str(version), epoch)
        return WrappedKey(purpose, version, wrapped, epoch)

    def under_active_epoch(self, clinic: str, row: WrappedKey) -> WrappedKey:
        """The same key, as the active epoch wraps it. Misconfigured when it does not open."""
        moved = self.under_epoch(clinic, row.purpose, row.version, self._unwrapped(clinic, row, {}))
        return replace(moved, state=row.state)

    @property
    def active_epoch(self) -> str:
        """The id of the epoch that wraps what is new."""
        return self._keystore.active

    @property
    def is_open(self) -> bool:
        """Whether the epochs could be opened: not while the holder of the root key was never reached."""
        return bool(self._keystore.epochs)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The roots that were named, the active one first."""
        return self._keystore.roots

    def reload(self) -> None:
        """What another command did to keystore or keys counts from now on."""
        self._keystore.reload()
        self._clinics.forget(lambda name: True)

    @property
    def opened(self) -> int:
        """How many clinics' and conversations' keys are held in memory."""
        return len(self._clinics) + len(self._conversations)

    def forget_old(self) -> None:
        """Let go of keys that were opened a while ago; whoever needs one opens it again."""
        self._clinics.forget_old()
        self._conversations.forget_old()

    def key(self, clinic: str, purpose: str, version: int) -> Key:
        """A key of that version, 0 for the active one; Unverified where there is none. One that another process made since is
        looked for."""
        key = self._opened(clinic).get((purpose, version))
        if key is None:
            self.forget(clinic)
            key = self._opened(clinic).get((purpose, version))
        if key is None:
            raise Unverified(f"There is no {purpose} key of version {version}.")
        return key

    def prepare(self, clinic: str, versions: Iterable[int]) -> None:
        """Open these versions of the clinic key where they are not open: then threads may unwrap what they wrap, and none of them
        asks for rows. What there is not is told to who needs it."""
        for version in versions:
            with suppress(Unverified):
                self.key(clinic, "clinic", version)

    def forget(self, clinic: str) -> None:
        """Let go of a clinic's keys: whoever needs one asks for what there is now."""
        self._clinics.forget(lambda name: name == clinic)

    def _opened(self, clinic: str) -> dict[tuple[str, int], Key]:
        found = self._clinics.get(clinic)
        if found is None:
            found = self._clinics.put(clinic, self._open_all(clinic))
        return found

    def _open_all(self, clinic: str) -> dict[tuple[str, int], Key]:
        rows = sorted(self._load(clinic), key=lambda row: (row.purpose != "clinic", row.version))
        opened: dict[tuple[str, int], Key] = {}
        for row in rows:
            key = Key(self._unwrapped(clinic, row, opened), row.version)
            opened[row.purpose, row.version] = key
            if row.state == "active":
                opened[row.purpose, 0] = key
        return opened

    def _unwrapped(self, clinic: str, row: WrappedKey, opened: dict[tuple[str, int], Key]) -> bytes:
        about = (f"{row.purpose}-key", clinic, str(row.version))
        try:
            if clinic == SERVICE or row.purpose == "clinic":
                return unwrap(self._epoch(row.wrapped_by), row.wrapped, *about, row.wrapped_by)
            return unwrap(opened["clinic", int(row.wrapped_by)].secret, row.wrapped, *about)
        except (KeyError, ValueError):  # what is no number was written by somebody else
            raise Misconfigured(f"A stored key was wrapped by {row.wrapped_by}, which the keystore does not hold. "
                                "Is this the keystore that belongs to this database?") from None
        except Unverified:
            raise Misconfigured(f"The stored {row.purpose} key does not open: this is the wrong keystore, "
                                "or the row was altered. Nothing was changed.") from None

    def _epoch(self, id: str) -> bytes:
        """The epoch's key; KeyError where the keystore does not hold it, now that it was read once more."""
        if id not in self._keystore.epochs:
            self._keystore.reload()
        return self._keystore.epochs[id]


def _indexed(index: Key, field_name: str, value: str) -> Indexed:
    key = expand(index.secret, f"index|{field_name}|{index.version}")
    return Indexed(hmac.digest(key, value.encode(), hashlib.sha256), index.version)


def expand(secret: bytes, info: str) -> bytes:
    """A 32-byte key for one use, derived from a uniformly random one (HKDF-Expand with SHA-256, RFC 5869)."""
    return HKDFExpand(algorithm=SHA256(), length=_KEY_BYTES, info=info.encode()).derive(secret)


def _derived(secret: bytes, version: int) -> ConversationKeys:
    return ConversationKeys(Key(expand(secret, "body"), version), Key(expand(secret, "note"), version), expand(secret, "head"))
