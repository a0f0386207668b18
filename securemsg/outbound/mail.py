"""Mails go out by the clinic's own mail server: one message, one recipient, TLS unless it runs on this computer."""

import smtplib
import socket
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from securemsg.outbound import Failed
from securemsg.outbound.limit import Limit
from securemsg.settings import Settings

_SECONDS = 20  # for each answer of the server; a greylist takes its time
_ALL_SECONDS = 120  # for all of them until it has the mail, however many bytes come in between
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
            server.within(_SECONDS)
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


def _connected(url: SplitResult, name: str) -> "_Plain":
    """A connection that nobody between here and the server can read; on this computer a plain one will do."""
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    server = (_Secured if url.scheme == "smtps" else _Plain)(host, port, name, timeout=_SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


class _Plain(smtplib.SMTP):
    """Waits longer for the answer to the mail itself, which is sent as bytes, than to a command, which is text."""

    _limit: Limit | None = None

    def send(self, s: Any) -> None:
        super().send(s)
        if not isinstance(s, str):
            self.within(_TAKEN_SECONDS)
        if self.sock:
            self.sock.settimeout(_SECONDS if isinstance(s, str) else _TAKEN_SECONDS)

    def getreply(self) -> tuple[int, bytes]:
        answer = super().getreply()
        if self._limit and self._limit.late:  # half an answer looks like a whole one to who reads until the end
            self.close()
            raise smtplib.SMTPServerDisconnected
        return answer

    def within(self, seconds: float) -> None:
        """So long from now on, for all that still comes."""
        if self._limit:
            self._limit.again(seconds)

    def close(self) -> None:
        super().close()
        if self._limit:
            self._limit.close()
            self._limit = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # what smtplib calls to connect
        found = socket.create_connection((host, port), timeout)
        self._limit = Limit(found, _ALL_SECONDS)
        return found


class _Secured(_Plain):
    """The same with TLS from the start."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            self.close()
            raise


def _is_final(status: int | None) -> bool:
    """Whether the server will never take it (RFC 5321, 4.2.1)."""
    return status is not None and 500 <= status < 600
