"""The plugins of those names among what is installed: none is loaded that is not named."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from securemsg import logs
from securemsg.errors import Misconfigured
from securemsg.registry import guard

GROUP = "securemsg.plugins"


def modules(names: Iterable[str]) -> dict[str, ModuleType]:
    """The named plugins, loaded in that order. Misconfigured for one that is not there, is there twice or does not load."""
    known = installed()
    found: dict[str, ModuleType] = {}
    for name in names:
        if name in found:
            raise Misconfigured(f"SECUREMSG_PLUGINS names {name} twice.")
        found[name] = _loaded(name, known)
    return found


def installed() -> dict[str, list[EntryPoint]]:
    """Every plugin that is installed, by name: more than one entry where packages quarrel over a name."""
    known: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point not in known.setdefault(point.name, []):  # a path that is searched twice is no second package
            known[point.name].append(point)
    return known


def _loaded(name: str, known: dict[str, list[EntryPoint]]) -> ModuleType:
    points = known.get(name, [])
    if not points:
        raise Misconfigured(f"SECUREMSG_PLUGINS names {name}, and no plugin of that name is installed. "
                            f"Installed are: {', '.join(known)}.")
    if len(points) > 1:
        places = ", ".join(point.value for point in points)
        raise Misconfigured(f"The plugin {name} is there more than once, as {places}: uninstall all but the right one.")
    if not (name.isidentifier() and name.isascii() and name == name.lower()):
        raise Misconfigured(f"A plugin cannot be called {name!r}: its name has small letters, digits and _ only.")
    return _imported(name, points[0])


def _imported(name: str, point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except guard.FAILURES as error:
        raise Misconfigured(f"The plugin {name} ({point.value}) cannot be loaded: {type(error).__name__} at {_place(error)}"
                            f"{_absent(error)}.") from error
    if not isinstance(module, ModuleType):
        raise Misconfigured(f"The plugin {name} ({point.value}) is not a module.")
    return module


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{Path(str(error.filename)).name}:{error.lineno}"
    return logs.place(error.__traceback__, most=1)


def _absent(error: BaseException) -> str:
    """Which module is not installed: what people forget most."""
    return f", there is no module {error.name}" if isinstance(error, ModuleNotFoundError) else ""
