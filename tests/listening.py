"""Small plugins for tests: `plugins(mail={"happened": lambda event: …})` is a registry of them."""

from types import FunctionType, ModuleType

from securemsg.hooks import hookimpl
from securemsg.registry import Registry


def plugins(**named: dict[str, FunctionType]) -> Registry:
    """Each by its name, with its hooks; none keeps anything about people."""
    return Registry.of({name: _module(name, hooks) for name, hooks in named.items()})


def silent(*names: str, hook: str = "happened") -> Registry:
    """Plugins that hear of everything and do nothing."""
    return plugins(**{name: {hook: lambda: None} for name in names})


def _module(name: str, hooks: dict[str, FunctionType]) -> ModuleType:
    module = ModuleType(name)
    for hook, function in {"personal_data": lambda: (), **hooks}.items():
        setattr(module, hook, hookimpl(function, specname=hook))
    return module
