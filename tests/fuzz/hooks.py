"""What a random caller cannot guess: who it is, keys that were never used, and what this clinic asks for just now.

Loaded by schemathesis (SCHEMATHESIS_HOOKS). Requests that are meant to be wrong go out as they were made.
"""

import json
import os
import re
import uuid
from urllib.request import Request, urlopen

import schemathesis
from schemathesis import AuthContext, Case, HookContext

URL, CLINIC, TOKEN = os.environ["FUZZED_URL"], os.environ["FUZZED_CLINIC"], os.environ["FUZZED_TOKEN"]
_KEY = re.compile(r"[A-Za-z0-9_.~+/=-]{16,128}")
_ENDS = "visitor_end"  # needs a session of its own each time


def _fetched(path: str, body: object = None) -> dict:
    told = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    with urlopen(Request(URL + path, json.dumps(body).encode() if body else None, told)) as answer:
        return json.load(answer)


def _opened() -> dict:
    """A conversation that has begun."""
    return _fetched(f"/v1/clinics/{CLINIC}/conversations", {
        "category": "appointment", "about": "me", "name": None, "contact": {"email": "leo@example.org"}, "consent": CONSENT,
        "kind": "text", "data": {"text": "Is the flu jab free?"}})


CONSENT = _fetched(f"/clinics/{CLINIC}.json")["consent"]["sha256"]
_visitor = _opened()


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """A visitor's session for visitors' operations, the clinic's token for its own."""

    def get(self, case: Case, context: AuthContext) -> str:
        name = context.operation.definition.raw["operationId"]
        if name == _ENDS:
            return str(_opened()["token"])
        return str(_visitor["token"]) if "visitor" in context.operation.tags else TOKEN

    def set(self, case: Case, data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict) -> None:
    """A key that could be taken is a new one: else chance would repeat an earlier one. What is meant to be right names what there
    is: the clinic's consent and category, and no cursor that nobody gave."""
    if _KEY.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    if case.query:
        case.query.pop("cursor", None)
        case.query |= {"category": "appointment"} if "category" in case.query else {}
    if isinstance(case.body, dict) and "consent" in case.body:
        case.body |= {"consent": CONSENT, "category": "appointment", "contact": {"email": "leo@example.org"}}
