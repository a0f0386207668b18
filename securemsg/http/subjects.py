"""Whom a budget counts: the session, the address, the clinic. Counters know nobody: their names are HMACs."""

import hmac
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.clinics import Clinic
from securemsg.http.here import address, desk


def subjects(whom: str, home: Clinic | None, session: str) -> list[str]:
    """The names of the counters, 32 hex digits each; an IPv6 address has two. `session` is a session's or a device's id."""
    if whom == "address":
        return [hidden(part) for part in address_parts(address())]
    return [hidden(home.id if home and whom == "clinic" else session)]  # of the whole service there is one: ""


def hidden(subject: str) -> str:
    return _hidden(secret(), subject)


def secret() -> bytes:
    """The key of everything that limits."""
    return desk().keys.active(SERVICE, "limits").secret


@lru_cache(maxsize=4096)
def _hidden(key: bytes, subject: str) -> str:
    return hmac.digest(key, subject.encode(), "sha256").hex()[:32]


@lru_cache(maxsize=4096)
def address_parts(text: str) -> list[str]:
    """An IPv4 address; of an IPv6 one the /64 and the /48, since the rest is the visitor's to choose."""
    ip = ip_address(text.partition("%")[0])  # an interface's name is no part of the address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address):
        return [str(ip_network(f"{ip}/{bits}", strict=False)) for bits in (64, 48)]
    return [str(ip)]
