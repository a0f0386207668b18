"""Every route of the service, from its URL map: address, surface, who uses it. One without a line here fails the suite."""

import re
from dataclasses import dataclass

from flask import Flask

from tests.http.house import HARBOUR

ID = "0192f0a0-0000-7000-8000-000000000000"
VALUES = {"slug": HARBOUR, "conversation": ID, "act": ID, "filename": "pages.css", "session": ID, "passkey": ID, "person": ID,
          "device": ID, "template": ID, "type": "missing", "clinic": ID, "broken": ID, "pool": ID, "plugin": "hours",
          "tool": "phone", "kind": "visits.request", "seq": "1", "number": "0"}
ROUTES = {
    # endpoint: (surface of its good answers, who uses it)
    **dict.fromkeys(("system.clinics", "system.clinic", "system.conversations", "system.conversation", "system.change",
                     "system.messages", "system.reply", "system.notes", "system.note", "system.audit_events", "system.events",
                     "system.people", "system.pools", "system.add_pool", "system.pool", "system.change_pool",
                     "system.remove_pool", "system.templates", "system.add_template", "system.template", "system.change_template",
                     "system.remove_template"),
                    ("api", "system")),
    "static": ("asset", "anybody"), "health.loader": ("loader", "anybody"), "health.healthz": ("api", "anybody"),
    "health.readyz": ("api", "anybody"), "measures.metrics": ("api", "anybody"), "health.home": ("page", "anybody"),
    **dict.fromkeys(("documentation.reference", "documentation.problems", "documentation.problem"), ("page", "anybody")),
    "documentation.openapi": ("api", "anybody"),
    "visitor.card": ("api", "anybody"), "visitor.receipt_keys": ("api", "anybody"), "frame.page": ("frame", "anybody"),
    "visitor.safety": ("list", "anybody"),
    "visitor.open_conversation": ("api", "anybody"), "contact.page": ("page", "anybody"),
    "contact.send": ("page", "anybody"), "frame.window": ("page", "anybody"),
    **dict.fromkeys(("visitor.conversation", "visitor.messages", "visitor.send", "visitor.events", "visitor.opened",
                     "visitor.close", "visitor.ticket", "visitor.end", "visitor.kept_receipts"), ("api", "visitor")),
    **dict.fromkeys(("contact.conversation", "contact.say", "contact.close", "contact.forget"), ("page", "visitor")),
    **dict.fromkeys(("returning.page", "returning.come"), ("page", "anybody")),
    **dict.fromkeys(("returning.code", "places.everywhere", "places.end_one", "places.end_all"), ("page", "visitor")),
    **dict.fromkeys(("erasing.question", "erasing.erase"), ("page", "visitor")), "erasing.erase_as_json": ("api", "visitor"),
    **dict.fromkeys(("records.page", "records.export", "records.hold", "records.lift", "records.erase", "records.answer"),
                    ("page", "compliance")),
    **dict.fromkeys(("returning.code_as_json", "places.listed", "places.end", "places.end_every"), ("api", "visitor")),
    "contact.saved": ("page", "visitor"), "contact_forms.file": ("api", "visitor"),
    **dict.fromkeys(("contact_forms.form", "contact_forms.send"), ("page", "anybody")),
    **dict.fromkeys(("door.sign_in_page", "door.sign_in", "door.start", "door.use_link", "door.enrol", "door.do_enrol"),
                    ("page", "anybody")),
    **dict.fromkeys(("staff.inbox", "staff.conversation", "staff.reply", "staff.note", "staff.claim", "staff.release",
                     "sending_on.page", "sending_on.send", "staff.flag", "staff.close", "staff.reopen", "staff.code",
                     "unsent.draft", "unsent.undo", "unsent.send_now", "door.sign_out", "search.page", "templates.insert",
                     "tools.run", "tools.done", "tools.retry", "glass.page", "glass.break_glass", "tools.dismiss"),
                    ("page", "staff")),
    **dict.fromkeys(("sessions.everywhere", "sessions.end_one", "sessions.end_others", "sessions.noticed",
                     "step_up.page", "step_up.confirm", "step_up.leave", "step_up.waiting_act",
                     "passkeys.add", "passkeys.remove"), ("page", "staff")),
    **dict.fromkeys(("passkeys.sign_in", "elsewhere.leave", "elsewhere.back", "elsewhere.code", "elsewhere.with_code"),
                    ("page", "anybody")),
    **dict.fromkeys(("owner_sign_in.page", "owner_sign_in.save"), ("page", "owner")),
    **dict.fromkeys(("people.everyone", "people.add", "people.one", "people.roles", "people.link", "people.end",
                     "people.hand_over"), ("page", "owner")),
    "overview.page": ("page", "owner"),
    **dict.fromkeys(("pools.everything", "pools.add", "pools.put_people", "pools.route", "pools.remove"), ("page", "owner")),
    **dict.fromkeys(("staff.events", "sessions.here", "sessions.stay"), ("api", "staff")),
    **dict.fromkeys(("templates.everything", "templates.blank", "templates.add", "templates.one", "templates.change",
                     "templates.remove", "owner.clinic", "owner.save", "owner_plugins.everything", "owner_plugins.change",
                     "owner_plugins.retry", "owner_plugins.dismiss"), ("page", "owner")),
    **dict.fromkeys(("oversight.page", "oversight.sheet", "oversight.sign_off", "oversight.looked_into"), ("page", "owner")),
    "templates.listed": ("api", "staff")}


@dataclass(frozen=True)
class Route:
    """One method of one rule."""

    endpoint: str
    method: str
    rule: str

    @property
    def surface(self) -> str:
        return ROUTES[self.endpoint][0]

    @property
    def who(self) -> str:
        return ROUTES[self.endpoint][1]

    @property
    def is_safe(self) -> bool:
        return self.method == "GET"

    @property
    def is_stream(self) -> bool:
        return self.endpoint.endswith(".events")

    def path(self, **values: str) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: (VALUES | values)[match[1]], self.rule)


def every_route(app: Flask) -> list[Route]:
    """All of them; the two methods that Flask adds by itself (HEAD, OPTIONS) are not routes of their own."""
    return [Route(rule.endpoint, method, rule.rule) for rule in app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
