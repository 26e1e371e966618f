"""Network address of a client, as it is counted: an IPv4 address, or the /64 network of an IPv6 address."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import structlog
from flask import request

log = structlog.get_logger(__name__)
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 addresses behind a translator (RFC 6052)
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](:[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")


def client_address() -> str | None:
    """Return the address of this request's client, or None if the server or a proxy gives none.

    Unknown addresses are not counted as one client, because all customers behind such a proxy would share its limits.
    """
    address = counted_address(request.remote_addr or "")
    if address is None:
        log.error("client_address.not_parsed", client_address=request.remote_addr)
    return address


def counted_address(text: str) -> str | None:
    """Return the IPv4 address, also of an IPv4 client that is written in IPv6, or the IPv6 /64 that one customer has.

    A port, which some proxies add, is ignored. The result is None if the text is not an address.
    """
    match = _WITH_PORT.fullmatch(text.strip())
    host = (match["v6"] or match["v4"]) if match else text.strip()
    try:
        address = ip_address(host.partition("%")[0])  # the zone of a link-local address
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return str(IPv4Address(int(address) % 2**32))
        return str(address.ipv4_mapped) if address.ipv4_mapped else address.exploded[:19]
    return str(address)
