"""Mails go out by the clinic's own mail server: one message, one recipient, TLS unless it runs on this computer."""

import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from securemsg.outbound import Failed
from securemsg.settings import Settings

_SECONDS = 20  # for each answer of the server; a greylist takes its time
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
        return smtplib.SMTP_SSL(host, port, name, timeout=_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, name, timeout=_SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


def _is_final(status: int | None) -> bool:
    """Whether the server will never take it (RFC 5321, 4.2.1)."""
    return status is not None and 500 <= status < 600
