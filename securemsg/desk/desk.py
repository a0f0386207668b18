"""The desk: what every verb needs at hand, opened once from the settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from securemsg import store
from securemsg.crypto import backup_keys, keystore, roots, vouching
from securemsg.crypto.keyring import SERVICE, Keyring, expand
from securemsg.desk.ended import Ended
from securemsg.errors import Misconfigured
from securemsg.live import Live
from securemsg.registry import Registry
from securemsg.settings import Settings
from securemsg.store import Database, clinics, state
from securemsg.times import DAY, now


@dataclass
class Desk:
    """Handed to every verb as its first argument. `registry` holds the plugins that are named: asked while somebody waits, told
    after the commit."""

    settings: Settings
    database: Database
    keys: Keyring
    live: Live
    clock: Callable[[], int] = now
    registry: Registry = field(default_factory=Registry)
    known_clinics: dict = field(default_factory=dict)
    known_bulletins: dict = field(default_factory=dict)
    known_pools: dict = field(default_factory=dict)
    looked_for_strays: dict = field(default_factory=dict)
    looked_through: dict = field(default_factory=dict)  # by clinic, the last of the closed conversations that were looked at
    fitting_places: dict = field(default_factory=dict)  # rows of conversations that were vouched for, as they were then
    lost_places: dict = field(default_factory=dict)  # those that fit nothing, and how much was tried
    lost_topics: dict = field(default_factory=dict)  # by clinic, conversations whose topic was altered beyond finding
    known_people: dict = field(default_factory=dict)
    known_systems: dict = field(default_factory=dict)
    known_settings: dict = field(default_factory=dict)
    read_settings: dict = field(default_factory=dict)
    reported: set = field(default_factory=set)
    refused_tokens: dict = field(default_factory=dict)
    ended: Ended = field(init=False)
    _recorded_at: int = 0

    def __post_init__(self) -> None:
        self.ended = Ended(self.settings.ledger, self.ledger_key, lambda: self.clock())

    def recorded_at(self, now: int) -> int:
        """The time for the audit log: it does not go back on one node when its clock does, by some hours.

        More than a day is believed, since then it was wrong before.
        """
        self._recorded_at = now if now < self._recorded_at - DAY else max(now, self._recorded_at)
        return self._recorded_at

    def vouch(self, table: str, *facts: object) -> bytes:
        """The MAC of a row that opens something."""
        return vouching.vouch(self.keys.active(SERVICE, "rows").secret, table, *facts)

    def vouched(self, mac: bytes | None, table: str, *facts: object) -> bool:
        """Whether such a row is as this service wrote it."""
        return vouching.vouched(mac, self.keys.active(SERVICE, "rows").secret, table, *facts)

    def ledger_key(self) -> bytes:
        """What the ledger's MACs are made with: derived from a key that an archive brings along."""
        return expand(self.keys.active(SERVICE, "rows").secret, "ledger")

    def close(self) -> None:
        """End the streams, finish what is being written."""
        self.live.end_everything()
        self.database.close()


def open_desk(settings: Settings, clock: Callable[[], int] = now,
              tables: Callable[[Database], None] = store.require_newest,
              connect: Callable[[Settings], Database] = store.connect) -> Desk:
    """Open database and keys; refuse with a sentence when they do not belong together. Nothing is made where nothing is.

    `tables` says what becomes of tables of an older form, once the keys have opened: refused, accepted or modernized.
    """
    plugins = Registry.of_service(settings)
    if settings.backup_key:
        backup_keys.public(settings.backup_key, "SECUREMSG_BACKUP_KEY")
    if state.is_missing(settings.database_url):
        _refuse_unmade(settings)
    database = connect(settings)
    try:
        if not store.form(database):
            _refuse_unmade(settings)
        store.accept_older(database)
        desk = Desk(settings, database, keyring(_keystore(settings, database), database), Live(), clock, plugins)
        _open_canary(desk)
        database.vouch = desk.vouch
        tables(database)
    except BaseException:
        database.close()
        raise
    return desk


def keyring(kept: keystore.Keystore, database: Database) -> Keyring:
    """The keys that a database holds, each opened with this keystore when it is first asked for."""
    return Keyring(kept, lambda clinic: database.read(lambda tx: clinics.keys(tx, clinic)))


def prepare(settings: Settings) -> None:
    """`init` and the demo: make the root key file, the keystore and the service's keys where nothing exists yet."""
    if state.is_missing(settings.database_url):
        _refuse_lost(settings)
    database = store.connect(settings)
    try:
        store.modernize(database)
        used = database.read(clinics.any_keys)
        if not used:
            _make_keys(settings)
    finally:
        database.close()


def _make_keys(settings: Settings) -> None:
    try:
        _make_missing_keys(settings)
    except OSError as error:
        raise Misconfigured(f"The keys cannot be written to {error.filename}: {error.strerror}.") from error


def _make_missing_keys(settings: Settings) -> None:
    first = settings.root_key[0]
    if first.startswith("file:") and not settings.keystore.exists():
        path = Path(first[5:]).absolute()
        if not path.exists() and not path.is_symlink():
            roots.create_file(path)
    if not settings.keystore.exists():
        keystore.create(settings.keystore, roots.read(first, settings.environ, settings.data))
        if settings.keystore_copy:
            keystore.copy(settings.keystore, settings.keystore_copy)


def _keystore(settings: Settings, database: Database) -> keystore.Keystore:
    used = database.read(clinics.any_keys)
    if not used and not settings.keystore.exists():
        raise Misconfigured("There are no keys yet. Run `securemsg init` first.")
    return keystore.read(settings.keystore, roots.read_all(settings.root_key, settings.environ, settings.data))


def _open_canary(desk: Desk) -> None:
    """Open the service's own keys, or make them: a wrong root or keystore is told now, not at the first message."""
    def make_once(tx: store.Tx) -> None:
        if not clinics.any_keys(tx):
            clinics.insert_keys(tx, SERVICE, fresh, desk.clock())

    if not desk.database.read(clinics.any_keys):
        _refuse_lost(desk.settings)
        fresh = desk.keys.new_service()
        desk.database.write(make_once)
    desk.keys.active(SERVICE, "audit")


def _refuse_unmade(settings: Settings) -> NoReturn:
    _refuse_lost(settings)
    where = f"in the data folder {settings.data}" if settings.database_url.startswith("sqlite:") else "in the database"
    raise Misconfigured(f"There is no service {where} yet. Run `securemsg init` first, or name the right place with "
                        "SECUREMSG_DATA or SECUREMSG_DATABASE_URL.")


def _refuse_lost(settings: Settings) -> None:
    """A ledger tells that there was a service: an empty database beside it is one that was not found, never a new one."""
    if settings.ledger.exists():
        raise Misconfigured(
            f"The database is empty, but the ledger {settings.ledger} and the keys beside it are of a service that was in use. "
            "Is the data disk mounted, and SECUREMSG_DATA right? Else `securemsg restore` a backup. To begin anew, move ledger, "
            "keystore and root key away first.")
