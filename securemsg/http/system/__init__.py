"""The JSON API for systems, /api/v1: one module for each kind of thing."""

from securemsg.http.system import audit_events, clinics, conversations, events, messages, notes, people, pools, templates
from securemsg.http.system.door import blueprint

__all__ = ["audit_events", "blueprint", "clinics", "conversations", "events", "messages", "notes", "people", "pools", "templates"]
