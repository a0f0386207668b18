"""Everything that can go wrong, each with a status and a sentence a person may read."""


from securemsg.words import say


class Error(Exception):
    """The root of what this service raises on purpose.

    `title` and `detail` are shown to people: no ids of others, no internals; what a visitor may read is said by `say`.
    `errors` maps field names to lists of sentences; `members` are what else a program may read (RFC 9457 extension members).
    """

    status = 500
    type = "error"
    title: str = say("Something went wrong")
    detail: str = say("Something went wrong on our side. Nothing was lost; please try again.")

    def __init__(self, detail: str | None = None, *, errors: dict[str, list[str]] | None = None,
                 retry_after_seconds: int | None = None, members: dict[str, object] | None = None):
        self.detail = detail or type(self).detail
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds
        self.members = members or {}
        super().__init__(self.detail)


class BadRequest(Error):
    status, type, title = 400, "bad-request", say("The request could not be read")
    detail = say("The request could not be read.")


class Unknown(Error):
    status, type, title = 401, "unknown", say("Please sign in or start again")
    detail = say("This session is not known here or has ended.")


class StepUpNeeded(Error):
    """Who is signed in has to show once more that it is they (desk/door/step_up.py); nothing was done."""

    status, type, title = 401, "step-up-needed", say("Confirm that it is you")
    detail = say("This needs a code, or your passkey, not older than five minutes. "
                 "Nothing was done yet, and what you typed is kept.")


class Elsewhere(Unknown):
    type, title = "elsewhere", say("Another conversation")
    detail = say("This browser holds another conversation now, so the one that was open here is not shown any more.")


class Forbidden(Error):
    status, type, title = 403, "forbidden", say("Not allowed")
    detail = say("Your role does not allow this.")


class Missing(Error):
    """Also what one may not know about: foreign and unknown ids look alike."""

    status, type, title = 404, "missing", say("Not found")
    detail = say("There is nothing here.")


class WrongMethod(Error):
    status, type, title = 405, "wrong-method", say("Method not allowed")
    detail = say("This address does not take this method.")


class TooSlow(Error):
    status, type, title = 408, "too-slow", say("The request took too long to arrive")
    detail = say("What you sent took too long to arrive, so nothing was stored. Please try again.")


class Conflict(Error):
    status, type, title = 409, "conflict", say("Something changed in between")
    detail = say("Something changed in between. Please look again and repeat.")


class Stale(Error):
    """Its `current` member is the present state."""

    status, type, title = 412, "stale", "Changed since you looked"
    detail = "This is not as you saw it any more. Look at `current`, then decide again."


class ConditionNeeded(Error):
    status, type, title = 428, "condition-needed", "Say what you have seen"
    detail = "This call needs an If-Match header with the ETag of what you saw last, so that nothing newer is overwritten."


class TooLarge(Error):
    status, type, title = 413, "too-large", say("Too large")
    detail = say("That is more than can be sent at once.")


class WrongType(Error):
    status, type, title = 415, "wrong-type", say("Wrong content type")
    detail = say("Please send application/json in UTF-8.")


class Refused(Error):
    status, type, title = 422, "refused", say("Please check what you entered")
    detail = say("Please check what you entered.")


class Over(Refused):
    type, title = "over", say("This conversation is over")
    detail = say("This conversation was closed a while ago. Please start a new one.")


class Reused(Refused):
    type, title = "reused", say("This key was used before")
    detail = say("This Idempotency-Key was used for another request. Use a new key for a new message.")


class Limited(Error):
    status, type, title = 429, "limited", say("Too many requests")
    detail = say("That was a lot in a short time. Please wait a moment and try again.")


class ProofNeeded(Limited):
    """Who brings a proof of work may go on at once; everybody else waits."""

    type, title = "proof-needed", say("Please wait a moment")


class Unavailable(Error):
    """The neighbour is away; nothing was changed, and the same call may be repeated."""

    status, type, title = 503, "unavailable", say("Not available just now")
    detail = say("The service cannot store anything just now. Please try again in a moment.")


class Full(Unavailable):
    status, type, title = 507, "storage-full", say("No room to store this")
    detail = say("The service has no room to store this just now. Please call the clinic instead.")


class Unverified(Error):
    """A sealed value that does not open: altered, cut, moved, or sealed by another key."""

    status, type, title = 409, "unverified", say("Could not be verified")
    detail = say("This conversation could not be verified, so nothing was added to it. "
                 "Please start a new one, or call the clinic.")


class Misconfigured(Error):
    """Stops the start of the service or of a command; printed, never sent: a visitor hears that it is unavailable."""

    type, title = "misconfigured", "The service cannot start"


class Unusable(Misconfigured):
    """The database is away, locked or full: that may pass, so a service that was running waits for it."""

    type = "unusable"
