"""A letter as it goes out: a mail of text and the same as HTML; the headers of a post. Its id is the delivery's, at each try."""

import base64
import hashlib
import hmac
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from securemsg import parts
from securemsg.desk.plugin import letters
from securemsg.desk.plugin.letters import Letter
from securemsg.settings import Settings
from securemsg.store import Row
from securemsg.times import SECOND, moment

_PARAGRAPH = '<p dir="auto" style="margin:0 0 1em">{}</p>'
_PAGE = ('<!doctype html><html><head><meta charset="utf-8"></head><body style="font:16px/1.5 sans-serif;max-width:36em">{}</body>'
         "</html>")


def mail(settings: Settings, sender: str, row: Row, letter: Letter, now: int) -> EmailMessage:
    """The mail to the one it is for. Programs that answer by themselves see that a program wrote it (RFC 3834). ValueError or
    MessageError where the address is none, or several."""
    message = EmailMessage(SMTP.clone(max_line_length=78))
    message["From"], message["To"], message["Subject"] = sender, _recipient(letter.to[0]), letter.subject
    message["Date"], message["Message-ID"] = format_datetime(moment(now)), f"<{row.id}@{urlsplit(settings.public_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    said = tuple(_absolute(part, settings.public_url) for part in letter.parts)
    message.set_content(parts.plain(said) + "\n")
    message.add_alternative(_PAGE.format("".join(map(_drawn, said))), subtype="html")
    for file in letter.files:
        if isinstance(file, parts.File):
            kind, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content.encode(), kind, subtype or "plain", filename=file.name)
    return message


def _recipient(given: str) -> Address:
    """An address as every mail server takes it: its domain by its name in DNS. ValueError or MessageError for one in other
    letters, of a machine by its number, or whose domain is no name."""
    name, _, domain = given.rpartition("@")
    if not name.isascii() or domain.startswith("["):
        raise ValueError
    return Address(addr_spec=f"{name}@{_in_dns(domain)}")


def _in_dns(domain: str) -> str:
    """Its name there (RFC 5890). ValueError where two standards make different names of it: one could be somebody else's."""
    if domain.isascii():
        return domain
    found = domain.encode("idna")
    if found.decode("idna").lower() != domain.lower():
        raise ValueError
    return found.decode()


def post_headers(row: Row, letter: Letter, now: int) -> dict[str, str]:
    """The plugin's own, and where it gave secrets those of Standard Webhooks: a signature by each, so that one may follow
    another (https://www.standardwebhooks.com). ValueError or TypeError where one cannot be used."""
    letters.check_headers(letter.headers)
    if not letter.secrets:
        return letter.headers
    stamp = str(now // SECOND)
    signed = f"{row.id}.{stamp}.{letter.body}".encode()
    signatures = " ".join(f"v1,{_signature(secret, signed)}" for secret in letter.secrets)
    return {**letter.headers, "webhook-id": row.id, "webhook-timestamp": stamp, "webhook-signature": signatures}


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(letters.secret_key(secret), signed, hashlib.sha256).digest()).decode()


def _absolute(part: parts.Part, public_url: str) -> parts.Part:
    """A mail has no place of its own: a path leads to this service."""
    return parts.Link(part.label, public_url + part.url) if isinstance(part, parts.Link) and part.url.startswith("/") else part


def _drawn(part: parts.Part) -> str:
    if isinstance(part, parts.Link):
        return _PARAGRAPH.format(f'<a href="{escape(part.url)}">{escape(part.label)}</a>')
    return _PARAGRAPH.format(escape(part.text).replace("\n", "<br>"))
