"""The settings that plugins declare, read as the service has them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from securemsg.answers import Setting
from securemsg.errors import Misconfigured
from securemsg.settings import PREFIX, SETTINGS

_CORE = {PREFIX + setting.name for setting in SETTINGS} | {PREFIX + "CONFIG"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def full_name(plugin: str, setting: Setting) -> str:
    """As the environment has it."""
    return f"{PREFIX}{plugin.upper()}_{setting.name.upper()}"


def values_of(plugins: Iterable[str], settings: Mapping[str, tuple[Setting, ...]],
              texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """By plugin the values, by the setting's name. `texts` by full name. Misconfigured names the setting, and the plugin where
    the mistake is its own."""
    known = _known(settings)
    if unknown := sorted(set(texts) - set(known)):
        plugin = next(plugin for plugin in sorted(plugins, key=len, reverse=True)
                      if unknown[0].startswith(f"{PREFIX}{plugin.upper()}_"))
        own = [full_name(plugin, setting) for setting in settings.get(plugin, ())]
        raise Misconfigured(f"{unknown[0]} is not a setting of the plugin {plugin}. "
                            + (f"Known are: {', '.join(own)}." if own else "It has none."))
    return {plugin: {each.name: value(full_name(plugin, each), each, texts.get(full_name(plugin, each), ""))
                     for each in settings.get(plugin, ())} for plugin in plugins}


def value(name: str, setting: Setting, text: str) -> Any:
    """Its value; its default's where `text` is empty. Misconfigured with a sentence that repeats no secret."""
    try:
        return setting.read(text or setting.default)
    except ValueError as error:
        found = f"is {text or setting.default!r}, but" if not setting.secret else "cannot be used, since"
        raise Misconfigured(f"{name} {found} {error}.") from None


def _known(settings: Mapping[str, tuple[Setting, ...]]) -> dict[str, str]:
    """By full name whose it is."""
    known: dict[str, str] = {}
    for plugin, several in settings.items():
        for setting in several:
            if fault := _fault(full_name(plugin, setting), setting, known):
                raise Misconfigured(f"The plugin {plugin} declares a setting {setting.name!r}{fault}")
            known[full_name(plugin, setting)] = plugin
    return known


def _fault(name: str, setting: Setting, known: Mapping[str, str]) -> str:
    """What is wrong with it, as the end of a sentence."""
    if not _NAME.fullmatch(setting.name) or setting.name.endswith("_file"):
        return ": its name has small letters, digits and _, and does not end with _file."
    if setting.per not in ("clinic", "service"):
        return f" per {setting.per!r}; it must be per clinic or per service."
    if name in known:
        return f", but {name} is one of the plugin {known[name]} already."
    if name in _CORE or name.removesuffix("_FILE") in _CORE:
        return f", but {name} is one of the service itself."
    return ""
