"""The plugins that are named: found, checked, asked and told."""

from securemsg.registry.registry import Registry

__all__ = ["Registry"]
