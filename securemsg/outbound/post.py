"""A POST to an address that somebody typed in: it must not become a way into the clinic's own network.

Every address of the name is looked at, and the one that passed is the one that is connected to: a name that changes its mind in
between (DNS rebinding) gains nothing. No redirects, no proxies of the environment, no cookies; five seconds, 64 kB.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from securemsg.outbound import Failed
from securemsg.outbound.addresses import Network, ip_of, is_public, within
from securemsg.outbound.limit import Limit
from securemsg.settings import Settings

SECONDS = 5
MOST_BYTES = 64 * 1024
PORTS = (443, 8443)  # of public addresses; in a network that the settings name any will do
_GONE = 410  # the receiver wants no more of it


def send(settings: Settings, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer, 200 to 299. Failed otherwise: for good where the address may not be reached, or is gone."""
    status, _ = exchange(settings, "POST", url, body, headers)
    if not 200 <= status < 300:
        raise Failed(status, status == _GONE)
    return status


def exchange(settings: Settings, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """The status of the answer and its first 64 kB. Failed where there is none; for good where the address may not be reached."""
    if unreachable(url, settings.outbound_private):
        raise Failed(permanent=True)
    parts, read = urlsplit(url), b""
    address = _address(parts, settings.outbound_private)
    try:
        with _limited(parts, address) as connection:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body, {"User-Agent": "securemsg", "Connection": "close", **headers})
            answer = connection.getresponse()
            with suppress(ConnectionError):  # it has said what counts
                read = answer.read(MOST_BYTES)
    except (OSError, HTTPException, ValueError):
        raise Failed from None
    return answer.status, read


def unreachable(url: str, allowed: tuple[Network, ...]) -> str | None:
    """Why such an address can never be posted to, as a sentence; None where it may be. Its name is not looked up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address: its port is not a number."
    host = parts.hostname
    if parts.scheme not in ("https", "http") or not host or "@" in parts.netloc or parts.fragment or not url.isprintable():
        return "It must be an address like https://systems.clinic.example/hook, without a name or password in it."
    literal = ip_of(host)
    private = any(literal and within(literal, network) for network in allowed)
    if parts.scheme == "http" and not (allowed and (private or literal is None)):
        return "It must be https: what is sent must not be read on its way."
    if port is not None and port not in PORTS and not allowed:
        return f"It must have one of the ports {', '.join(map(str, PORTS))}."
    if literal and not private and not is_public(literal):
        return "It is an address of a private network. SECUREMSG_OUTBOUND_PRIVATE can allow one."
    return None


def _address(parts: SplitResult, allowed: tuple[Network, ...]) -> tuple[str, int]:
    """The address to connect to; Failed when one of those of the name may not be reached. A name may lead elsewhere tomorrow, so
    that is for now."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failed from None
    ips = [ip for each in found if (ip := ip_of(str(each[4][0])))]
    private = bool(ips) and all(any(within(ip, network) for network in allowed) for ip in ips)
    public = bool(ips) and all(map(is_public, ips)) and parts.scheme == "https" and port in PORTS
    if not private and not public:
        raise Failed
    return str(ips[0]), port


@contextmanager
def _limited(parts: SplitResult, address: tuple[str, int]) -> Iterator[HTTPConnection]:
    """A connection to that very address, for five seconds altogether, the handshake of TLS among them."""
    plain = socket.create_connection(address, SECONDS)
    with closing(plain), closing(Limit(plain, SECONDS)) as limit:
        connection = HTTPConnection(parts.hostname or "", parts.port)
        connection.sock = _secured(plain, parts) if parts.scheme == "https" else plain
        with closing(connection):
            yield connection
        if limit.late:  # half an answer looks like a whole one to who reads until the end
            raise TimeoutError


def _secured(plain: socket.socket, parts: SplitResult) -> socket.socket:
    """TLS, with the certificate checked against the name that was asked for."""
    return ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
