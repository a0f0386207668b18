"""What the owner's page of plugins is given."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from securemsg.answers import Setting
from securemsg.desk import people, plugin_settings
from securemsg.desk.clinics import Clinic
from securemsg.desk.deliveries import aside
from securemsg.desk.deliveries.health import Health, health
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.plugin_settings import Kept
from securemsg.http.entries import title
from securemsg.http.here import desk
from securemsg.http.undelivered import undelivered, with_links
from securemsg.registry.settings import full_name


def settable(plugin: str) -> tuple[Setting, ...]:
    """The settings that a clinic has for itself."""
    return tuple(each for each in desk().registry.settings.get(plugin, ()) if each.per == "clinic")


def everything(home: Clinic, me: Session, erring: str, typed: Mapping[str, str] | None) -> dict[str, Any]:
    """All of the page; `typed` is what stood in the form of the plugin `erring`, where that was refused."""
    rows = aside.set_aside(desk(), me.who)
    return {"plugins": [_plugin(home, name, each, typed if name == erring else None)
                        for name, each in health(desk(), me.who, desk().clock()).items()],
            "set_aside": with_links(undelivered(rows, people.everyone(desk(), home.id)), home.slug),
            "more": len(rows) == aside.MOST}


def _plugin(home: Clinic, name: str, state: Health, typed: Mapping[str, str] | None) -> dict[str, Any]:
    registry, kept = desk().registry, plugin_settings.kept(desk(), home.id, name)
    return {"name": name, "title": title(name), "state": state, "shown": kept.shown,
            "fields": [_field(name, each, kept, typed) for each in settable(name)],
            "anchors": {each.name: f"f-{name}-{each.name}" for each in settable(name)},
            "labels": {each.name: _label(each) for each in settable(name)},
            "fixed": [_fixed(name, each) for each in registry.settings.get(name, ()) if each.per == "service"],
            "personal": [asdict(each) for each in registry.personal_data.get(name, ())]}


def _field(plugin: str, setting: Setting, kept: Kept, typed: Mapping[str, str] | None) -> dict[str, Any]:
    now = kept.texts.get(setting.name, "")
    value = now if typed is None else typed.get(setting.name, "")
    secret = setting.secret
    return {"id": f"{plugin}-{setting.name}", "name": setting.name, "label": _label(setting), "help": setting.help,
            "rows": setting.rows, "secret": secret, "is_set": setting.name in kept.texts, "value": "" if secret else value,
            "default": "" if secret else _default(plugin, setting), "fault": kept.faults.get(setting.name),
            "now": now if not secret and value != now else None}


def _fixed(plugin: str, setting: Setting) -> dict[str, Any]:
    text = _default(plugin, setting)
    return {"name": full_name(plugin, setting), "help": setting.help, "secret": setting.secret, "is_set": bool(text),
            "value": "" if setting.secret else text}


def _label(setting: Setting) -> str:
    return setting.label or title(setting.name)


def _default(plugin: str, setting: Setting) -> str:
    """What counts where the clinic says nothing."""
    return desk().settings.of_plugins.get(full_name(plugin, setting), "") or setting.default
