"""Where a request finds itself: the desk it speaks to, the address it comes from."""

from ipaddress import ip_address

from flask import current_app, request

from securemsg.desk import Desk


def desk() -> Desk:
    """The desk of this service."""
    return current_app.extensions["securemsg"]


def address() -> str:
    """The caller's address: the connection's, or what a trusted proxy says (the last hop that is no proxy itself)."""
    trusted = desk().settings.trusted_proxies
    peer = request.remote_addr or "0.0.0.0"
    if not trusted:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()] + [peer]
    try:
        while len(hops) > 1 and any(ip_address(hops[-1]) in network for network in trusted):
            hops.pop()
        return str(ip_address(hops[-1]))
    except ValueError:
        return peer
