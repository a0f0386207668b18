"""What plugins declare at the start. Nothing is caught for long here: a mistake is told, and nothing starts."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from securemsg import logs
from securemsg.answers import Kind
from securemsg.errors import Misconfigured
from securemsg.registry import guard
from securemsg.registry.asking import Asked, Rubbish, made_of

_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_CORE = ("text", "parts", "system")
_LACKS = {"mail": "SECUREMSG_SMTP_URL names no mail server: nobody would ever be told"}  # what a plugin can need, by name


def declared(asked: Mapping[str, tuple[Asked, ...]], hook: str,
             values_of: Callable[[str], Mapping[str, Any]] = lambda _: {}) -> list[tuple[str, tuple]]:
    """By plugin what it declares; `values_of` gives the arguments. Misconfigured with plugin and hook."""
    return [(each.plugin, _value(each, values_of(each.plugin))) for each in asked.get(hook, ())]


def _value(asked: Asked, values: Mapping[str, Any]) -> tuple:
    try:
        return asked.value(values)
    except Rubbish:
        raise Misconfigured(f"The hook {asked.hook} of the plugin {asked.plugin} must give a "
                            f"list of {made_of(asked.hook).__name__}, each with fields of their types, and gives "
                            "something else.") from None
    except guard.FAILURES as error:
        at = logs.place(error.__traceback__, most=1)
        told = f"{type(error).__name__} at {at}"
        raise Misconfigured(f"The hook {asked.hook} of the plugin {asked.plugin} fails: {told}.") from error


def refuse_silent(plugins: Iterable[str], personal_data: Mapping[str, tuple]) -> None:
    """Every plugin says what it does with people's data."""
    if silent := [plugin for plugin in plugins if plugin not in personal_data]:
        raise Misconfigured(f"The plugin {silent[0]} has no hook personal_data: every plugin declares what it keeps about people "
                            "or sends out, if only with an empty list.")


def refuse_lacking(asked: Mapping[str, tuple[Asked, ...]], there: set[str]) -> None:
    """What a plugin needs is there: without it the plugin would do nothing, and nobody would hear of that."""
    for plugin, needed in declared(asked, "needs"):
        for each in needed:
            if each not in _LACKS:
                raise Misconfigured(f"The plugin {plugin} needs {each!r}; what it can need is {', '.join(_LACKS)}.")
            if each not in there:
                raise Misconfigured(f"SECUREMSG_PLUGINS names {plugin}, but {_LACKS[each]}.")


def kinds(asked: Mapping[str, tuple[Asked, ...]]) -> dict[str, tuple[str, Kind]]:
    """By its name which plugin's a kind is. Misconfigured when two have one name, or it is one of the service's own."""
    found: dict[str, tuple[str, Kind]] = {}
    for plugin, several in declared(asked, "kinds"):
        for kind in several:
            _check_name(plugin, kind.name)
            if kind.name in found:
                raise Misconfigured(f"The kind {kind.name} is declared by the plugin {found[kind.name][0]} and again by the "
                                    f"plugin {plugin}: one of them must call it otherwise.")
            if "text" in kind.schema._declared_fields:
                raise Misconfigured(f"The kind {kind.name} of the plugin {plugin} has a field text: that is where the service "
                                    "keeps its summary. Call the field otherwise.")
            found[kind.name] = plugin, kind
    return found


def _check_name(plugin: str, name: str) -> None:
    if not _KIND.fullmatch(name) or len(name) > 60:
        raise Misconfigured(f"The plugin {plugin} declares a kind {name!r}: its name has small letters, digits, _ and dots, as "
                            f"{plugin}.request has.")
    if name.partition(".")[0] in _CORE:
        raise Misconfigured(f"The plugin {plugin} declares a kind {name}, which is a name of the service's own: call it "
                            f"{plugin}.{name.rpartition('.')[2]}.")
