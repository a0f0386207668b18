"""What a clinic set for a plugin: one row for each setting that is not as the service has it."""

from dataclasses import dataclass, field

from securemsg.store.database import Row, Tx, columns

_OF_ONE = " WHERE clinic_id = :clinic_id AND plugin = :plugin"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """`mac` vouches for plugin, name, and the sealed text."""

    clinic_id: str
    id: str
    plugin: str
    name: str
    sealed: bytes = field(repr=False)
    mac: bytes
    changed_at: int


def of_plugin(tx: Tx, clinic_id: str, plugin: str) -> list[Row]:
    """A clinic's own, for one plugin."""
    return tx.all(f"SELECT id, name, sealed, mac, changed_at FROM plugin_settings{_OF_ONE} ORDER BY name", clinic_id=clinic_id,
                  plugin=plugin)


def examples(tx: Tx) -> list[Row]:
    """`plugin, clinic_id`: for each setting that is set anywhere a clinic that has it."""
    return tx.everywhere.all("SELECT DISTINCT plugin, clinic_id FROM plugin_settings p WHERE NOT EXISTS"
                             " (SELECT 1 FROM plugin_settings before WHERE before.plugin = p.plugin AND before.name = p.name"
                             " AND before.clinic_id < p.clinic_id)")


def insert(tx: Tx, row: SettingRow) -> None:
    """One that the clinic has not set, or not any more."""
    tx.insert("plugin_settings", **columns(row))


def remove(tx: Tx, clinic_id: str, plugin: str, name: str) -> None:
    """What the service has counts again."""
    tx.run(f"DELETE FROM plugin_settings{_OF_ONE} AND name = :name", clinic_id=clinic_id, plugin=plugin, name=name)
