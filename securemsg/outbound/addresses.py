"""Which addresses are the public internet's. Those that carry another address inside are judged by that one."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a network without IPv4 reaches it
# What `is_global` lets through: 6to4, protocol assignments, documentation, segment routing, site-local.
_NOT_ONES_OWN: tuple[Network, ...] = (
    *map(IPv4Network, ("192.88.99.0/24", "192.0.0.0/24")),
    *map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "fec0::/10")))


def ip_of(text: str) -> Ip | None:
    """The address that this text is, or None: a name. An IPv6 zone (`%eth0`) belongs to no public address."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def within(ip: Ip, network: Network) -> bool:
    """Whether it lies in a network, also when it is written as IPv6."""
    inner = _inner(ip) or ip
    return inner.version == network.version and inner in network


def is_public(ip: Ip) -> bool:
    """Whether it is one machine's on the public internet: not private, shared, local, documentation, multicast or reserved."""
    inner = _inner(ip)
    if inner:
        return is_public(inner)
    if isinstance(ip, IPv6Address) and ip.scope_id:
        return False
    strange = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    special = any(within(ip, network) for network in _NOT_ONES_OWN)
    return ip.is_global and not strange and not special


def _inner(ip: Ip) -> IPv4Address | None:
    """The IPv4 address inside, where it is reached by it: mapped (::ffff:0:0/96) or NAT64."""
    if not isinstance(ip, IPv6Address):
        return None
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped
