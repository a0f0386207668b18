"""Mails go out by the clinic's own mail server: one message, one recipient, TLS unless it runs on this computer."""

import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from securemsg.outbound import Failed
from securemsg.settings import Settings

_SECONDS = 20  # for each answer of the server; a greylist takes its time
# For the answer to the mail itself (RFC 5321, 4.5.3.2.6): a server that looks through it first is slow, and whoever does not
# wait for it sends a second one.
_TAKEN_SECONDS = 600
_PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand it to the mail server. Failed when that does not take it: for good (5xx for this mail), or for now. Once it has taken
    it the mail is under way, however it says goodbye (RFC 5321, 6.1): sent again, it would arrive twice."""
    if not settings.smtp_url:
        raise Failed(permanent=True)
    url = urlsplit(settings.smtp_url)
    try:
        with closing(_connected(url, urlsplit(settings.public_url).hostname or "localhost")) as server:
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPRecipientsRefused as error:
        status = next((code for code, _ in error.recipients.values()), None)
        raise Failed(status, _is_final(status)) from None
    except smtplib.SMTPResponseException as error:  # of the sender, the data or the sign-in
        ours = isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused, smtplib.SMTPConnectError,
                                  smtplib.SMTPHeloError))
        raise Failed(error.smtp_code, _is_final(error.smtp_code) and not ours) from None
    except (smtplib.SMTPException, OSError, UnicodeError):
        raise Failed from None


def _connected(url: SplitResult, name: str) -> smtplib.SMTP:
    """A connection that nobody between here and the server can read; on this computer a plain one will do."""
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    if url.scheme == "smtps":
        return _Secured(host, port, name, timeout=_SECONDS, context=ssl.create_default_context())
    server = _Plain(host, port, name, timeout=_SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


class _Plain(smtplib.SMTP):
    """Waits longer for the answer to the mail itself, which is sent as bytes, than to a command, which is text."""

    def send(self, s: Any) -> None:
        super().send(s)
        if self.sock:
            self.sock.settimeout(_SECONDS if isinstance(s, str) else _TAKEN_SECONDS)


class _Secured(_Plain, smtplib.SMTP_SSL):
    """The same with TLS from the start."""


def _is_final(status: int | None) -> bool:
    """Whether the server will never take it (RFC 5321, 4.2.1)."""
    return status is not None and 500 <= status < 600
