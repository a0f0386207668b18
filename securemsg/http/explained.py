"""What each problem means, when it happens and what to do: a row for each class of error, read at `/problems/<type>`."""

from dataclasses import dataclass

from securemsg import errors
from securemsg.errors import Error


@dataclass(frozen=True, slots=True)
class Explained:
    """Sentences for whoever writes or runs a program. `members`: what the problem carries beside the common ones."""

    means: str
    when: str
    do: str
    members: tuple[tuple[str, str], ...] = ()


EXPLAINED: dict[type[Error], Explained] = {
    errors.BadRequest: Explained(
        "The request could not be read as what it should be.",
        "The body is no JSON that can be read in one way only (RFC 8259, RFC 7493), a number is no number, or the"
        " `Idempotency-Key` is missing or too short.",
        "Mend the request; sent again as it is, the answer stays the same."),
    errors.Unknown: Explained(
        "The token or the session is not known here.",
        "There is none, it was mistyped, it has ended, it was revoked, or it belongs to another clinic.",
        "Get a new one: `securemsg token add` for a program, the sign-in page for staff, a new conversation for a visitor."),
    errors.StepUpNeeded: Explained(
        "Who is signed in has to show once more that it is they, with a code or a passkey.",
        "An export, an erasure, keys or roles were asked for on the reply page, and nobody showed a second factor in this session"
        " within the last five minutes.",
        "Confirm on the page that asks for it; what was sent stands there still. A program's token is never asked."),
    errors.Elsewhere: Explained(
        "The session is another conversation's than the one that the request names.",
        "A browser's cookie became another visitor's while a page of the first one stayed open.",
        "Show nothing of either, and send nothing: whoever asked holds no session any more."),
    errors.Forbidden: Explained(
        "Who asks is known, and may not do this.",
        "A token lacks the scope that the operation names, a role is not enough, or a request with a cookie came from a page that"
        " is not the service's own.",
        "Use a token with that scope. Nothing is to be gained from a repeat."),
    errors.Missing: Explained(
        "There is nothing at this address for you.",
        "The address is mistyped, what was there is gone, or it belongs to somebody else: these look the same on purpose, so that"
        " nobody can find out what exists.",
        "Check the id and the clinic of the token."),
    errors.WrongMethod: Explained(
        "The address exists, and does not take this method.",
        "For instance a `POST` where only `GET` is there.",
        "The `Allow` header has the methods that it takes."),
    errors.TooSlow: Explained(
        "The request did not arrive in time, so nothing was done.",
        "Its body came too slowly, or stopped coming.",
        "Send it again, with the same `Idempotency-Key`."),
    errors.Conflict: Explained(
        "What was asked does not go with how things are by now.",
        "Somebody else was faster, or the same `Idempotency-Key` is being worked on at this moment.",
        "Fetch the present state and decide again. For a key in use: wait a second and send the same request."),
    errors.Stale: Explained(
        "Somebody changed it since you looked, so nothing was done.",
        "The `If-Match` of the request is not the `ETag` that it has now.",
        "`current` is the present state, and the answer's `ETag` is its own: decide again, and send that.",
        (("current", "The conversation as it is now, as lists have it; without `conversations:read` its `id`, `last_seq` and"
          " `version` alone."),)),
    errors.ConditionNeeded: Explained(
        "This call changes something, and has to say which state of it was seen.",
        "A request that changes something came without `If-Match`.",
        "Read it first and send its `ETag` as `If-Match`."),
    errors.TooLarge: Explained(
        "That was more than is taken at once.",
        "The body of a call is larger than 64 kB, or a form's than 128 kB.",
        "Send less at a time."),
    errors.WrongType: Explained(
        "The body is of a type that is not read here.",
        "The `Content-Type` is not `application/json`, its charset is not UTF-8, or there is a `Content-Encoding`.",
        "Send plain JSON in UTF-8 and say so in `Content-Type`."),
    errors.Refused: Explained(
        "The request was read, and something in it cannot be taken as it is.",
        "A field is missing, unknown, too long or of the wrong shape, or no longer fits (as a category that was closed).",
        "`errors` has sentences for each field; people may be shown them.",
        (("errors", "Sentences by the name of the field, as `data.text`."),)),
    errors.Over: Explained(
        "The conversation was closed, and too long ago to be opened again by writing.",
        "More than 14 days have passed since it was closed.",
        "Open a new conversation; people get what they typed as its first message."),
    errors.Reused: Explained(
        "This `Idempotency-Key` was used before, for something else.",
        "Another call, or the same one with another body, went out with it within the last 24 hours.",
        "Make a new key for each new thing, and keep a key only to repeat the very same request."),
    errors.Limited: Explained(
        "That was too much in a short time.",
        "A budget is used up: of this token or session, this address, this clinic or the whole service.",
        "Wait as many seconds as `Retry-After` says. `RateLimit` tells in each answer what is left.",
        (("violated-policies", "The budgets that are used up, by their names in `RateLimit-Policy`."),)),
    errors.ProofNeeded: Explained(
        "That was too much in a short time; who does a little work may go on at once.",
        "Very many conversations are begun from this address or at this clinic just now.",
        "Solve `proof` and send the same request again with `Securemsg-Proof: <challenge>.<n>`, or wait.",
        (("violated-policies", "The budgets that are used up."),
         ("proof", "Find a decimal n such that SHA-256 of `<challenge>.<n>` begins with `bits` zero bits."))),
    errors.Unavailable: Explained(
        "The service cannot do this just now; nothing was changed.",
        "Its database is away or being replaced, or the service is about to stop.",
        "Send the same request again, with the same key, after `Retry-After` seconds."),
    errors.Full: Explained(
        "There is no room left to store this.",
        "The disk of the service is full. Reading goes on.",
        "People should call the clinic. Who runs the service makes room; then the same request will be taken."),
    errors.Unverified: Explained(
        "Something that is stored is not what was stored, so nothing was added to it.",
        "A row or a key was altered, moved or taken away behind the service's back.",
        "Call the clinic. Who runs the service finds the row in the audit log and by `securemsg audit verify`."),
    errors.Misconfigured: Explained(
        "Settings, keys and database do not fit together.",
        "At the start of the service or of a command; while it serves, people hear `unavailable` instead.",
        "`securemsg doctor` says what does not fit."),
    errors.Unusable: Explained(
        "The database is away, locked or full.",
        "At the start of a command; a service that was running waits for it.",
        "Look after the database; `securemsg doctor` says more."),
    Error: Explained(
        "A mistake of the service's own.",
        "Something happened that its makers did not foresee. It is in the log, with its place and without anybody's words.",
        "Send the same request again, with the same key: it is done once at most. If it stays, tell who runs the service the"
        " `instance`."),
}


def by_type() -> dict[str, type[Error]]:
    """The classes by their `type`, in the order of their statuses."""
    return {error.type: error for error in sorted(EXPLAINED, key=lambda error: error.status)}
