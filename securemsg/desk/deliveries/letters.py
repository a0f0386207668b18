"""One mail or post: opened, sent, and what became of it written down, with the report for its plugin."""

from collections.abc import Callable
from email.errors import MessageError

from securemsg.desk.deliveries import failing, telling, written
from securemsg.desk.deliveries.hooks import Lost
from securemsg.desk.desk import Desk
from securemsg.desk.plugin import letters
from securemsg.desk.plugin.letters import Letter
from securemsg.errors import Missing, Unverified
from securemsg.outbound import Failed
from securemsg.store import Row, Tx, deliveries, outbox

MAIL_PAUSES = (60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)  # a mail server is away for hours, a greylist for minutes
Send = Callable[[Desk, Row, Letter], int | None]  # the other side's status; Failed when it did not arrive


def send(desk: Desk, row: Row, by: str, sending: Send) -> tuple[bool, str]:
    """Whether the other side answers at all, and how it went: delivered, failed (it is tried again) or given_up."""
    try:
        letter = letters.opened(desk, row, desk.clock())
    except Missing:  # erased with its conversation
        return True, _done(desk, row, by, "given_up", None)
    except Unverified:
        return True, _failed(desk, row, by, Failed(permanent=True), ())
    if row.hook == "mail" and not letter.to:  # a phone number was given, or the person left
        return True, _done(desk, row, by, "given_up", None)
    pauses = letter.retry_seconds or MAIL_PAUSES
    if row.attempts > len(pauses) + 1:  # each try that failed is written down: at this one the process ended, time after time
        return True, _failed(desk, row, by, Failed(permanent=True), ())
    try:
        return True, _done(desk, row, by, "delivered", sending(desk, row, letter))
    except Failed as failed:
        return failed.permanent or failed.status is not None, _failed(desk, row, by, failed, pauses)


def to_mail(desk: Desk, row: Row, letter: Letter) -> int | None:
    """By the mail server of the settings. What is no address, or two, is never handed to it."""
    from securemsg.outbound import mail  # smtplib is wanted here alone

    try:
        message = written.mail(desk.settings, desk.settings.mail_from, row, letter, desk.clock())
    except (ValueError, TypeError, MessageError):
        raise Failed(permanent=True) from None
    mail.send(desk.settings, message)
    return None


def to_post(desk: Desk, row: Row, letter: Letter) -> int | None:
    """To the address that the plugin named, if it is one that may be reached."""
    from securemsg.outbound import post

    try:
        headers, body = written.post_headers(row, letter, desk.clock()), letter.body.encode()
    except (ValueError, TypeError, AttributeError):  # a plugin's mistake: it is the same tomorrow
        raise Failed(permanent=True) from None
    return post.send(desk.settings, letter.url, body, headers)


SENDERS: dict[str, Send] = {"mail": to_mail, "post": to_post}


def _done(desk: Desk, row: Row, by: str, outcome: str, status: int | None) -> str:
    now = desk.clock()
    _write(desk, row, outcome, status, now, lambda tx: deliveries.finish(tx, row, by, now))
    return outcome


def _failed(desk: Desk, row: Row, by: str, failed: Failed, pauses: tuple[int, ...]) -> str:
    fault, now = f"{row.hook}: {failed.status or 'no answer'}", desk.clock()
    if failed.permanent or row.attempts > len(pauses):
        aside = failing.aside_entry(desk, row, now).after(lambda tx: deliveries.set_aside(tx, row, by, now, fault))
        _write(desk, row, "given_up", failed.status, now, aside)
        return "given_up"
    due_at = now + failing.pause(pauses, row.attempts)
    _write(desk, row, "failed", failed.status, now, lambda tx: deliveries.later(tx, row, by, due_at, fault))
    return "failed"


def _write(desk: Desk, row: Row, outcome: str, status: int | None, now: int, change: Callable[[Tx], bool]) -> None:
    """The change to the row, and the report for its plugin. Lost when the claim ended meanwhile."""
    listens = row.plugin in desk.registry.listeners("delivered")
    told = telling.report(desk, row, outcome, status, now) if listens else None

    def write(tx: Tx) -> None:
        if not change(tx):
            raise Lost
        if told:
            outbox.insert_row(tx, told)

    desk.database.write(write, keyed=True)
