"""The verbs, by who says them; one transaction each; the only place that decides."""

from securemsg.desk.desk import Desk, open_desk

__all__ = ["Desk", "open_desk"]
