"""What a plugin can do: read, answer, keep, schedule, ask staff, send. All of it as one, each in the audit log under its name."""

from securemsg.desk.plugin.plugin_desk import PluginDesk

__all__ = ["PluginDesk"]
