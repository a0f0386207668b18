"""The hooks that plugins have: each is known, takes what it is given, and is marked. A slip of the pen stops the start."""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from types import FunctionType, ModuleType
from typing import Any

import pluggy

from securemsg import hooks as specs
from securemsg.errors import Misconfigured
from securemsg.registry.asking import Asked

HOOKS = specs.DECLARE + specs.WAITING + specs.TOLD
TAKES = {hook: tuple(inspect.signature(getattr(specs, hook)).parameters) for hook in HOOKS}


def hooks(modules: Mapping[str, ModuleType]) -> dict[str, tuple[Asked, ...]]:
    """By hook who has it, in the order in which they are asked: pluggy's (`tryfirst`, `trylast`), else that of the list."""
    manager = pluggy.PluginManager("securemsg")
    manager.add_hookspecs(specs)
    for plugin, module in modules.items():
        _check(plugin, module)
    for plugin in reversed(list(modules)):  # pluggy asks first who came last
        manager.register(modules[plugin], plugin)
    manager.check_pending()
    found = {hook: tuple(Asked(each.plugin_name, hook, each.function, tuple(each.argnames))
                         for each in reversed(getattr(manager.hook, hook).get_hookimpls())) for hook in HOOKS}
    return {hook: who for hook, who in found.items() if who}


def _check(plugin: str, module: ModuleType) -> None:
    for name, value in vars(module).items():
        options = getattr(value, "securemsg_impl", None) if isinstance(value, FunctionType) else None
        if options is not None:
            _check_one(plugin, options.get("specname") or name, value, options)
        elif name in HOOKS and isinstance(value, FunctionType):
            raise Misconfigured(f"The plugin {plugin} has a function {name}, which is the name of a hook: mark it with "
                                "@hookimpl, or call it otherwise.")


def _check_one(plugin: str, hook: str, function: FunctionType, options: Mapping[str, Any]) -> None:
    if hook not in HOOKS:
        near = get_close_matches(hook, HOOKS, 1)
        guess = f" Is it {near[0]}?" if near else f" Hooks are: {', '.join(HOOKS)}."
        raise Misconfigured(f"The plugin {plugin} marks {hook} with @hookimpl, and there is no such hook.{guess}")
    if options.get("wrapper") or options.get("hookwrapper"):
        raise Misconfigured(f"The hook {hook} of the plugin {plugin} is a wrapper; each plugin answers for itself alone.")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise Misconfigured(f"The hook {hook} of the plugin {plugin} is `async def`; it must be `def`, nobody would await it.")
    for name, parameter in inspect.signature(function).parameters.items():
        _check_parameter(plugin, hook, name, parameter)


def _check_parameter(plugin: str, hook: str, name: str, parameter: inspect.Parameter) -> None:
    if name not in TAKES[hook] or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
        given = f"it can take {', '.join(TAKES[hook])}" if TAKES[hook] else "it takes nothing"
        raise Misconfigured(f"The hook {hook} of the plugin {plugin} asks for {parameter}, which it is not given: {given}.")
    if parameter.default is not parameter.empty:
        raise Misconfigured(f"The hook {hook} of the plugin {plugin} has a default for {name}: it would always get that. "
                            f"Write {name} alone.")
