"""The settings of a plugin as they are for one clinic: the service's, and over them what the clinic set itself."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from securemsg.answers import Setting
from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk import clinics, handed
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Conflict, Missing, Refused, Unavailable, Unverified
from securemsg.given import Clinic
from securemsg.registry import guard
from securemsg.store import Row, Tx
from securemsg.store import clinics as store_clinics
from securemsg.store import plugin_settings as store
from securemsg.store.ids import new_id
from securemsg.store.plugin_settings import SettingRow

LONGEST = 50_000  # characters of one: a list of words, say
_READ_SECONDS = 2.0  # that the plugin may take over a text that is to be saved: the owner waits, and so does everybody else
_FRESH_SECONDS = 2  # another process may have changed one; in this one a change is seen at once
_CHANGED = "Somebody saved these settings in the meantime. Please look at them again."
_ALTERED = "What was kept here could not be verified, so it does not count. Please enter it again."


@dataclass(frozen=True, slots=True)
class Kept:
    """`values` are all of the plugin's, read; `texts` what the clinic set itself; `faults` sentences about those that do not
    count, by name; `shown` names this state."""

    values: Mapping[str, Any] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    faults: Mapping[str, str]
    shown: str


def of(desk: Desk, clinic_id: str, plugin: str) -> Mapping[str, Any]:
    """The values that count for the clinic, by name. Unavailable while the database is away and nothing is known of them."""
    return kept(desk, clinic_id, plugin).values


def kept(desk: Desk, clinic_id: str, plugin: str) -> Kept:
    """The same with what the owner's page shows of them. Missing for a plugin that is not named."""
    if plugin not in desk.registry.names:
        raise Missing("There is no such plugin here.")
    known = desk.known_settings.get((clinic_id, plugin))
    if known and known[0] > time.monotonic():
        return known[1]
    try:
        rows = desk.database.read(lambda tx: store.of_plugin(tx, clinic_id, plugin))
    except Unavailable:
        if known is None:
            raise
        return known[1]
    found = _put_together(desk, clinic_id, plugin, rows)
    desk.known_settings[clinic_id, plugin] = time.monotonic() + _FRESH_SECONDS, found
    return found


def warm(desk: Desk) -> None:
    """Read one of each setting that some clinic has, before anybody waits: what its plugin loads to read it takes its time."""
    for row in desk.database.read(store.examples):
        if row.plugin in desk.registry.names:
            kept(desk, row.clinic_id, row.plugin)


def change(desk: Desk, who: Who, plugin: str, texts: Mapping[str, str], now: int, shown: str | None = None) -> None:
    """Set these for the clinic; an empty text: what the service has counts again. Refused with a sentence for each that cannot
    be; Conflict when they are not as `shown` any more. The audit log has their names, never their values."""
    if who.kind != "service":
        require(who, "clinic")
    kept(desk, who.clinic_id, plugin)
    texts = _checked(_settable(desk, plugin), texts, _home(desk, who.clinic_id))
    rows = [_row(desk, who.clinic_id, plugin, name, text, now) for name, text in texts.items() if text]
    written = entry(desk, who, "plugin.changed", "plugin", None, now, detail={"plugin": plugin, "settings": sorted(texts)},
                    event=False)

    def write(tx: Tx) -> bool:
        if shown is not None and _shown(store.of_plugin(tx, who.clinic_id, plugin)) != shown:
            return False
        for name in texts:
            store.remove(tx, who.clinic_id, plugin, name)
        for row in rows:
            store.insert(tx, row)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Conflict(_CHANGED)
    desk.known_settings.pop((who.clinic_id, plugin), None)


def _home(desk: Desk, clinic_id: str) -> Clinic:
    return handed.clinic(desk, clinics.clinic(desk, desk.database.read(lambda tx: store_clinics.slug(tx, clinic_id)) or ""))


def _settable(desk: Desk, plugin: str) -> dict[str, Setting]:
    return {setting.name: setting for setting in desk.registry.settings.get(plugin, ()) if setting.per == "clinic"}


def _checked(settable: Mapping[str, Setting], texts: Mapping[str, str], home: Clinic) -> dict[str, str]:
    """The texts without what stands around them and with line ends of one kind."""
    clean = {name: "\n".join(text.splitlines()).strip() for name, text in texts.items()}
    errors = {name: [fault] for name, text in clean.items() if (fault := _fault(settable.get(name), text, home))}
    if errors:
        raise Refused(errors=errors)
    return clean


def _fault(setting: Setting | None, text: str, home: Clinic) -> str:
    if setting is None:
        return "There is no such setting of a clinic."
    if len(text) > LONGEST:
        return f"It has more than {LONGEST:,} characters."
    if "\0" in text:
        return "It has a character that no text has."
    try:
        return guard.within(_READ_SECONDS, _read, setting, text, home)[1] if text else ""
    except guard.Overdue:
        return "The plugin takes too long to read it."


def _read(setting: Setting, text: str, home: Clinic | None = None) -> tuple[Any, str]:
    """The value and "", or None and a sentence: what the plugin says of the text (for a clinic, before it is saved there), or
    that it failed over it. That somebody's time is over says nothing of the text, and passes."""
    try:
        value = setting.read(text)
        if home and setting.check:
            setting.check(value, home)
        return value, ""
    except ValueError as error:
        said = str(error) or "it cannot be used"
        return None, said[0].upper() + said[1:] + ("" if said.endswith((".", "?", "!")) else ".")
    except guard.Overdue:
        raise
    except guard.FAILURES:
        return None, "The plugin could not read it."


def _row(desk: Desk, clinic_id: str, plugin: str, name: str, text: str, now: int) -> SettingRow:
    id = new_id()
    sealed = seal(desk.keys.data(clinic_id), _place(clinic_id, id), text.encode())
    return SettingRow(clinic_id, id, plugin, name, sealed, _mac(desk, clinic_id, id, plugin, name, sealed, now), now)


def _mac(desk: Desk, *facts: object) -> bytes:
    return desk.vouch("plugin_settings", *facts)


def _place(clinic_id: str, id: str) -> Place:
    return Place("plugin_settings", "sealed", clinic_id, id)


def _put_together(desk: Desk, clinic_id: str, plugin: str, rows: list[Row]) -> Kept:
    settable, values = _settable(desk, plugin), dict(desk.registry.values[plugin])
    before, now_read = desk.read_settings.get((clinic_id, plugin), {}), {}
    texts: dict[str, str] = {}
    faults: dict[str, str] = {}
    for row in rows:
        setting = settable.get(row.name)
        if setting is None:
            continue  # of another version of the plugin
        try:
            texts[row.name] = _opened(desk, clinic_id, plugin, row)
        except Unverified:
            faults[row.name] = _ALTERED
            continue
        value, fault = _again(before.get(row.id), setting, texts[row.name])
        if fault:
            faults[row.name] = fault
        else:
            values[row.name], now_read[row.id] = value, (setting, value)
    desk.read_settings[clinic_id, plugin] = now_read
    return Kept(values, texts, faults, _shown(rows))


def _again(before: tuple[Setting, Any] | None, setting: Setting, text: str) -> tuple[Any, str]:
    """The same of a text that was accepted: once for each row, as a row's text never changes, and without a deadline. The
    service's default in place of a clinic's own list, since a moment was busy, would be a harm that nobody sees."""
    return (before[1], "") if before and before[0] is setting else _read(setting, text)


def _opened(desk: Desk, clinic_id: str, plugin: str, row: Row) -> str:
    if not desk.vouched(row.mac, "plugin_settings", clinic_id, row.id, plugin, row.name, row.sealed, row.changed_at):
        raise Unverified
    return unseal(desk.keys.data(clinic_id, key_version(row.sealed)), _place(clinic_id, row.id), row.sealed).decode()


def _shown(rows: list[Row]) -> str:
    """A name for a state: another one after each change. 16 hexadecimal digits."""
    return hashlib.sha256("".join(sorted(row.id for row in rows)).encode()).hexdigest()[:16]
