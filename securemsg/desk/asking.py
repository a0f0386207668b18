"""Ask the plugins while somebody waits: values in, values out. One that fails is written down, and holds up nobody."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from securemsg import times
from securemsg.desk import handed, plugin_settings
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Unavailable
from securemsg.store import Tx

Own = Callable[[str], Mapping[str, Any]]  # what a hook is handed besides, by the plugin's name


def ask(desk: Desk, hook: str, clinic: Clinic, at: int, own: Own = lambda plugin: {}, /,
        **values: object) -> list[tuple[str, Any]]:
    """What each plugin that listens says, by its name and in order. `values` are the hook's arguments besides settings and
    clinic, `own` those for one plugin alone, `at` is now in microseconds. Unavailable when the clinic's settings cannot be read
    just now."""
    named = desk.registry.listeners(hook)
    if not named:
        return []
    settings: dict[str, Mapping] = {plugin: plugin_settings.of(desk, clinic.id, plugin) for plugin in named}
    found = desk.registry.ask(hook, settings.__getitem__, own, clinic=handed.clinic(desk, clinic), **values)
    write_down(desk, clinic.id, at)
    return found


def there(clinic: Clinic, now: int) -> datetime:
    """The moment on the clinic's clocks: hours, weekdays and holidays are theirs."""
    return times.moment(now, ZoneInfo(clinic.timezone))


def write_down(desk: Desk, clinic_id: str, now: int) -> None:
    """Which plugin failed, in which hook, where: never its words. With no room to write, who waits is served all the same."""
    rows = []
    with suppress(IndexError):  # nothing more; the deque is everybody's
        while desk.registry.faults:
            fault = desk.registry.faults.popleft()
            rows.append(entry(desk, Who(f"plugin:{fault.plugin}", clinic_id), "plugin.failed", "plugin", None, now,
                              outcome="failed", detail={"hook": fault.hook, "error": fault.error}, event=False))

    def write(tx: Tx) -> None:
        for row in rows:
            row.write(tx)

    if rows:
        with suppress(Unavailable):
            desk.database.write(write)
