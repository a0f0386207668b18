"""`securemsg plugins`, and `securemsg <plugin> <command>`."""

from dataclasses import asdict
from typing import Any

import click
import orjson

from securemsg.cli.at_hand import for_programs, opened
from securemsg.desk.access import Who
from securemsg.desk.plugin_clinics import Caller, PluginClinics
from securemsg.errors import Misconfigured
from securemsg.registry import Registry, finding
from securemsg.registry.settings import full_name
from securemsg.settings import load
from securemsg.store.ids import new_id


@click.command()
@for_programs
def plugins(as_json: bool) -> None:
    """The plugins that are named: what each does, its settings, what it keeps about people or sends out. And what else is
    installed. Needs no database."""
    settings = load()
    registry, installed = Registry.of_service(settings), finding.installed()
    told = [_told(registry, name, installed) for name in registry.names]
    rest = [name for name in installed if name not in registry.names]
    if as_json:
        click.echo(orjson.dumps({"plugins": told, "not_named": rest}, option=orjson.OPT_INDENT_2).decode())
        return
    click.echo("\n\n".join(map(_written, told)) or "SECUREMSG_PLUGINS names none.")
    if rest:
        click.echo(f"\nInstalled and not named: {', '.join(rest)}")


def _told(registry: Registry, name: str, installed: dict) -> dict[str, Any]:
    package = installed[name][0].dist
    return {
        "name": name, "package": package and package.name, "version": package and package.version, "hooks": registry.hooks(name),
        "settings": [{"name": full_name(name, each), "per": each.per, "default": "" if each.secret else each.default,
                      "secret": each.secret, "help": each.help} for each in registry.settings.get(name, ())],
        "kinds": [{"name": kind.name, "label": str(kind.label)} for plugin, kind in registry.kinds.values() if plugin == name],
        "personal_data": [asdict(each) for each in registry.personal_data[name]]}


def _written(plugin: dict[str, Any]) -> str:
    lines = [f"{plugin['name']} ({plugin['package']} {plugin['version']})", f"  Does: {', '.join(plugin['hooks'])}"]
    lines += [f"  Kind of message: {kind['name']}, {kind['label']}" for kind in plugin["kinds"]]
    for each in plugin["settings"]:
        whose = "each clinic's" if each["per"] == "clinic" else "the service's"
        lines.append(f"  Setting, {whose}: {each['name']}. {each['help']}")
    for each in plugin["personal_data"]:
        where = f"sent to {each['to']}" if each["to"] else "stays here"
        lines.append(f"  Personal data, {where}: {each['what']}. {each['why']}")
    return "\n".join(lines if plugin["personal_data"] else [*lines, "  Personal data: none."])


class WithPlugins(click.Group):
    """Our own commands, and for each plugin that has some a group of its name. Plugins are loaded only when asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        try:
            settings = load()
            found = Registry.of_service(settings).listeners("commands")
        except Misconfigured:  # help is shown all the same; what is wrong is told by whatever is run
            found = ()
        return super().list_commands(context) + [name for name in found if name not in self.commands]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in self.commands or name not in load().plugins:
            return super().get_command(context, name)
        desk = context.with_resource(opened())
        for plugin, commands in desk.registry.declared("commands", lambda plugin: {"desk": PluginClinics(desk, plugin, _caller)}):
            if plugin == name:
                return click.Group(name, list(commands), help=f"Commands of the plugin {name}.")
        return None


def _caller() -> Caller:
    """The command line: whoever may run commands there is the service."""
    context = click.get_current_context(silent=True)
    return Caller(Who("service", ""), context.command_path if context else "", new_id())


def refuse_hidden(registry: Registry, core: click.Command) -> None:
    """Misconfigured when a plugin has commands that nobody could run, since a command of the service has its name."""
    known = core.commands if isinstance(core, click.Group) else ()
    if hidden := [name for name in registry.listeners("commands") if name in known]:
        raise Misconfigured(f"The plugin {hidden[0]} has the hook commands, and `securemsg {hidden[0]}` is the service's own: "
                            "the plugin needs another name.")
