"""What the API's description says before its first operation: sections of plain words, tags, ways to say who one is."""

TAGS = {
    # tag: what it holds, in the order of the document
    "clinics": "The clinics that a token may see.",
    "conversations": "What visitors wrote, and what the clinic answered.",
    "notes": "What staff write among themselves; visitors never see it.",
    "people": "Who works at the clinic: names for the ids of people.",
    "pools": "Groups of staff to whom categories go: who works in which decides who reads what.",
    "templates": "Ready replies: texts that a clinic writes once, with places to fill in.",
    "audit": "Who did and read what.",
    "events": "What changed, as it changes.",
    "description": "The API, described for programs.",
    "visitor": "The visitor's own side: what the widget calls, for programs that open conversations on somebody's behalf.",
}
SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description":
              "A clinic's token, `sm_live_<clinic>_…`, made by `securemsg token add`. It has scopes and an end."},
    "staffCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-securemsg_staff_<clinic>", "description":
                    "A member of staff's session in a browser, with the rights of their roles; `Securemsg-Clinic` says of which"
                    " clinic."},
    "visitorToken": {"type": "http", "scheme": "bearer", "description":
                     "A visitor's session, `smv_<clinic>_…`: in the answer to what opened the conversation."},
    "visitorCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-securemsg_visitor_<clinic>", "description":
                      "The same session in a browser, for the service's own pages; `Securemsg-Clinic` says of which clinic."},
}
SECTIONS = (
    # title, paragraphs; `code` between backticks
    ("Who is asking", (
        "A clinic's programs send `Authorization: Bearer sm_live_<clinic>_…`. `securemsg token add` makes a token, shows it once,"
        " and gives it scopes, a clinic and an end. Each operation names the scope it needs.",
        "A page of the service itself may use the session of whoever is signed in instead, and names the clinic in"
        " `Securemsg-Clinic`.",
        "What a token may not know about answers 404, the same as what does not exist.")),
    ("JSON", (
        "Bodies are `application/json` in UTF-8, at most 64 kB; unknown fields are refused. Times are RFC 3339 in UTC, ids are"
        " UUIDs. Answers may get new fields: pass over those you do not know.",)),
    ("Repeating a call", (
        "Every call that writes takes an `Idempotency-Key`, and needs it where its parameters say so. When an answer is lost,"
        " send the same call again with the same key: it is done once, and the first answer comes again. What needs no key may be"
        " sent again without harm. Keys are kept for 24 hours. The same key with another body answers 422. A key belongs to the"
        " token it came with: before you go on with a new token, bring open calls to their end with the old one.",)),
    ("Not overwriting others", (
        "What can be changed comes with an `ETag`. Send it back as `If-Match`; when somebody was faster the answer is 412 with"
        " the present state in it.",)),
    ("Lists", (
        'A list is `{"items": […], "next": …}`. While `next` is not null there is more: the `Link` header has the address of'
        " the next page. Cursors are sealed; do not make them yourself.",)),
    ("Limits", (
        "`RateLimit-Policy` names the budgets a call counts in, `RateLimit` says what is left of each. Beyond it the answer is"
        " 429, and `Retry-After` has the seconds to wait.",)),
    ("Problems", (
        "What goes wrong is answered as `application/problem+json` (RFC 9457). `type` is an address of this service: open it to"
        " read what it means and what to do. `detail` is a sentence that people may be shown; `errors` has the sentences by"
        " field.",)),
    ("Streams", (
        "Streams are `text/event-stream`. They carry numbers and ids, never words. A stream ends after some minutes: come back"
        " with the last `id` as `Last-Event-ID`, and nothing is missed.",)),
)


def as_markdown() -> str:
    return "\n\n".join("\n\n".join((f"## {title}", *paragraphs)) for title, paragraphs in SECTIONS)
