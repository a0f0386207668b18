"""Where a request finds itself: the desk it speaks to, the address it comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import current_app, request

from securemsg.desk import Desk


def desk() -> Desk:
    """The desk of this service."""
    return current_app.extensions["securemsg"]


def address() -> str:
    """The caller's address: the connection's, or what a trusted proxy says (the last hop that is no proxy itself)."""
    trusted = desk().settings.trusted_proxies
    peer = request.remote_addr or "0.0.0.0"
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()] if trusted else []
    hops.append(peer)
    try:
        while len(hops) > 1 and any(_plain(hops[-1]) in network for network in trusted):
            hops.pop()
        return str(_plain(hops[-1]))
    except ValueError:
        return peer


def _plain(text: str) -> IPv4Address | IPv6Address:
    """An IPv4 address that came by an IPv6 socket (`::ffff:10.0.0.1`) as itself: it lies in IPv4 networks only."""
    ip = ip_address(text)
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
