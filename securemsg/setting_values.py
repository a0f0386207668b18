"""The text of one setting, read as the value that it stands for; or a ValueError with the end of a sentence: "it must …"."""

from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOTS = ("file", "env", "exec", "awskms", "vault", "pkcs11")  # each a module of crypto/roots


def folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:////", "postgresql+psycopg://")):
        raise ValueError("it must begin with sqlite://// (and a file's path from the root on) or postgresql+psycopg://")
    return text


def roots(text: str) -> tuple[str, ...]:
    roots = tuple(part.strip() for part in text.split(",") if part.strip())
    if "smroot1_" in text:
        raise ValueError("it holds a root key itself; it must say where the key comes from, for example file:PATH")
    for root in roots:
        if root.partition(":")[0] not in ROOTS:
            raise ValueError(f"a part of it names no provider of root keys; known are {', '.join(ROOTS)}")
    return roots


def backup_key(text: str) -> str:
    if text and not text.startswith("smbackup1_pub_"):
        raise ValueError("it must be the public half of a backup key, a line that begins with smbackup1_pub_; "
                         "`securemsg backup-key` makes one")
    return text


def anchors(text: str) -> tuple[str, ...]:
    anchors = tuple(part.strip() for part in text.split(",") if part.strip())
    for anchor in anchors:
        kind, _, rest = anchor.partition(":")
        url = urlsplit(rest if kind == "syslog" else anchor)
        remote = url.scheme in ("udp", "tcp") and bool(url.hostname)
        fits = {"file": rest.startswith("/"), "syslog": rest[:1] in ("", "/") or remote,
                "https": bool(url.hostname), "http": is_loopback(url.hostname or "")}
        if not fits.get(kind) or not _has_port(url):
            raise ValueError("a part of it is none of file:/PATH, syslog:, syslog:/PATH, syslog:udp://HOST:PORT, "
                             "syslog:tcp://HOST:PORT, https://ADDRESS (http for this computer alone)")
    return anchors


def public_url(text: str) -> str:
    url = urlsplit(text)
    plain = url.scheme in ("http", "https") and url.hostname and _has_port(url) and "@" not in url.netloc
    if not plain or url.path.strip("/") or url.query or url.fragment:
        raise ValueError("it must be an address like https://messages.clinic.example, without a path")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError("http is for this computer alone (localhost); anything else needs https")
    return f"{url.scheme}://{url.netloc}"


def _has_port(url: SplitResult) -> bool:
    """Whether the port, if one is named, is one."""
    try:
        return url.port != 0
    except ValueError:
        return False


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part) for part in text.replace(",", " ").split())


def plugins(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("it must be HOST:PORT, for example 127.0.0.1:8000")
    return host, int(port)


def bind_if_any(text: str) -> tuple[str, int] | None:
    return bind(text) if text else None


def token(text: str) -> str:
    if text and (len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text):
        raise ValueError("it must have 16 characters or more, letters, digits and signs, without spaces")
    return text


def smtp_url(text: str) -> str:
    url = urlsplit(text)
    known = url.scheme in ("smtp", "smtp+starttls", "smtps") and url.hostname and _has_port(url)
    if text and (not known or url.path.strip("/") or url.query or url.fragment):
        raise ValueError("it must be smtps://USER:PASSWORD@HOST, smtp+starttls://USER:PASSWORD@HOST:PORT, or smtp://HOST:PORT")
    if url.scheme == "smtp" and not is_loopback(url.hostname or ""):
        raise ValueError("smtp without TLS is for a mail server on this computer alone; others need smtps:// or smtp+starttls://")
    return text


def mail_from(text: str) -> str:
    _, address = parseaddr(text)
    if text and (not address.isascii() or address.count("@") != 1 or address.startswith("@") or address.endswith("@")
                 or not text.isprintable()):
        raise ValueError("it must be an address like messages@clinic.example, or Clinic <messages@clinic.example>")
    return text


def seconds(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) <= most):
            raise ValueError(f"it must be a whole number of seconds from 0 to {most}")
        return int(text)

    return read


def days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 3650):
        raise ValueError("it must be a whole number of days from 1 to 3650")
    return int(text)


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it must be one of {', '.join(words)}")
        return text

    return read


def is_loopback(host: str) -> bool:
    """Whether only this computer itself reaches that host."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
