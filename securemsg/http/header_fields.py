"""Header fields that programs send and get, and what stands in paths: a row each, named in operations."""

from dataclasses import dataclass
from typing import Any

from securemsg.crypto.tokens import SLUG


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: what it is for, its JSON schema, an example."""

    text: str
    schema: dict[str, Any]
    example: str
    required: bool = False


def _text(**more: object) -> dict[str, Any]:
    return {"type": "string", **more}


PATH = {
    "slug": Field("The clinic's short name, as in its addresses.", _text(pattern=f"^{SLUG}$"), "harbour-lane"),
    "clinic": Field("The clinic's id.", _text(format="uuid"), "0192f0a0-0000-7000-8000-00000000000c"),
    "conversation": Field("The conversation's id.", _text(format="uuid"), "0192f0a0-0000-7000-8000-000000000000"),
    "pool": Field("The pool's id.", _text(format="uuid"), "0192f0a0-0000-7000-8000-00000000000f"),
    "template": Field("The ready reply's id.", _text(format="uuid"), "0192f0a0-0000-7000-8000-000000000010"),
    "id": Field("Its id.", _text(), "3d6f7a52-9c1e-4b0a-8f1d-2a9c0b7e6d53"),
    "session": Field("The session's id.", _text(format="uuid"), "0192f0a0-0000-7000-8000-000000000000"),
}
TAKEN = {
    "Idempotency-Key": Field(
        "Makes a repeat harmless: the same key with the same body gives the first answer once more. Made anew for each call, from"
        " at least 122 random bits; a UUID will do.", _text(pattern="^[A-Za-z0-9_.~+/=-]{16,128}$"),
        "5f0c4f0e-7a3b-4f57-9c0a-4a4f6f0f8f21", required=True),
    "If-Match": Field("The `ETag` of what you saw last: who changed it since then is not overwritten.",
                      _text(pattern='^"[A-Za-z0-9._-]{1,64}"$'), '"7"', required=True),
    "If-None-Match": Field("The `ETag` you have: 304 without a body while it is still the same.", _text(), '"7"'),
    "Last-Event-ID": Field("The `id` of the last event you heard: the stream goes on behind it.", _text(pattern="^[0-9]{1,16}$"),
                           "3"),
    "Securemsg-Session": Field(
        "`bearer`, or anything else: the answer carries the session's token. `cookie`, or `cookie; cross-site` within a page of"
        " another site: it comes as an HttpOnly cookie instead, which only pages of the service itself can use.", _text(),
        "bearer"),
    "Securemsg-Conversation": Field("The conversation this is meant for: a session of another one answers 401.",
                                    _text(format="uuid"), "0192f0a0-0000-7000-8000-000000000000"),
    "Securemsg-Proof": Field("A proof of work, where a problem of the type `proof-needed` asked for it.",
                             _text(), "Zm9vYmFy.48213"),
}
GIVEN = {
    "ETag": Field("Names this state; send it back as `If-Match`.", _text(), '"7"'),
    "Link": Field("The next page of the list, `rel=\"next\"` (RFC 8288); absent on the last.", _text(),
                  '</api/v1/conversations?cursor=c1_AAAA>; rel="next"'),
    "RateLimit-Policy": Field("The budgets that this call counts in: `q` calls within `w` seconds.", _text(),
                              '"message-session-minute";q=20;w=60'),
    "RateLimit": Field("What is left of them: `r` calls, and more in `t` seconds.", _text(),
                       '"message-session-minute";r=19;t=60'),
    "WWW-Authenticate": Field("How to say who one is (RFC 9110, 11.6.1).", _text(), 'Bearer realm="securemsg"'),
    "Retry-After": Field("Seconds to wait.", _text(pattern="^[1-9][0-9]*$"), "12"),
    "Set-Cookie": Field("The session, where a cookie was asked for.", _text(), "securemsg_visitor_harbour-lane=…; HttpOnly"),
}
