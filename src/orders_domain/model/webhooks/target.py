"""Targets of webhooks: the URLs that an endpoint may have, and the addresses that may be connected to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from orders_domain.errors import InvalidValue

Address: TypeAlias = IPv4Address | IPv6Address

MAX_URL_LENGTH = 2_048
HTTPS_PORT, HTTP_PORT = 443, 80
MIN_OTHER_PORT = 1_024
"""Ports below it belong to other protocols, such as mail and remote shells."""

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]+)(?P<path>[/?].*)?\Z", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?\Z")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_PATH = re.compile(r"(?:[A-Za-z0-9/?:@!$&'()*+,;=._~-]|%[0-9A-Fa-f]{2})*\Z")
_LOCAL = ("localhost", "local", "internal", "home.arpa")
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),  # protocols of networks; a cloud has its metadata there
    IPv4Network("192.88.99.0/24"),  # former relays of 6to4
    IPv4Network("168.63.129.16/32"),  # the agent of the hosts of a cloud
    IPv6Network("3fff::/20"),  # documentation
)
"""Networks that ``ipaddress`` takes for global in some releases of Python, or that are global but not public."""


@dataclass(frozen=True, slots=True)
class AllowedTargets:
    """Hosts and networks that may be private and use http, for development and for receivers of the same network.

    Raises:
        InvalidValue: an entry is neither a host name nor a network.
    """

    entries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for entry in self.entries:
            if _network(entry) is None and not _is_name(entry.lower()):
                raise InvalidValue(f"{entry[:100]!r} must be a host name, or a network such as 10.0.0.0/8.")

    def has_host(self, host: str) -> bool:
        """Return whether the name, or the network of the address, is listed."""
        address = _literal(host)
        return host in {entry.lower() for entry in self.entries} if address is None else self.has_address(address)

    def has_address(self, address: Address) -> bool:
        networks = [network for entry in self.entries if (network := _network(entry)) is not None]
        return any(address in network for network in networks)

    def permits(self, host: str, address: Address) -> bool:
        """Return whether a connection for the host may be made to the address that it resolves to."""
        return is_public(address) or self.has_address(address) or (_literal(host) is None and self.has_host(host))


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """The parts of an endpoint's URL. ``host`` is in lower case, an IPv6 address without its brackets."""

    url: str
    is_tls: bool
    host: str
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.is_tls else HTTP_PORT) else f"{host}:{self.port}"


def parse_target(url: str, allowed: AllowedTargets) -> WebhookTarget:
    """Return the parts of the URL, in the form that is stored. Its host is not resolved.

    Raises:
        InvalidValue: the URL is not https:// with a public host; or it has credentials, a fragment, more than 2,048
            characters, a port below 1024 other than 443, or a host that is written in an ambiguous way.
    """
    if not isinstance(url, str) or len(url) > MAX_URL_LENGTH:
        raise _invalid(f"must be a URL of at most {MAX_URL_LENGTH:,} characters")
    if not url.isascii():
        raise _invalid("must be written in ASCII: an international host as xn--..., other characters as %XX")
    match = _URL.match(url)
    if match is None:
        raise _invalid("must begin with https:// and a host")
    authority, path = match["authority"], match["path"] or "/"
    if "@" in authority:
        raise _invalid("must have no user name and password")
    parts = _AUTHORITY.match(authority)
    if parts is None:
        raise _invalid("must have a host of letters, digits, hyphens and dots, optionally with a port")
    if "#" in path:
        raise _invalid("must have no fragment")
    path = path if path.startswith("/") else f"/{path}"
    if not _PATH.match(path):
        raise _invalid("must have a path and a query of the characters of RFC 3986, others as %XX")
    is_tls = match["scheme"].lower() == "https"
    host = _host(parts["host"].lower(), allowed)
    if not is_tls and not allowed.has_host(host):
        raise _invalid("must begin with https://; http:// is for hosts of WEBHOOK_ALLOWED_HOSTS only")
    port = int(parts["port"] or (HTTPS_PORT if is_tls else HTTP_PORT))
    if not (MIN_OTHER_PORT <= port <= 65_535 or port == HTTPS_PORT or (port == HTTP_PORT and not is_tls)):
        raise _invalid(f"must have the port {HTTPS_PORT}, or one from {MIN_OTHER_PORT} to 65535")
    target = WebhookTarget("", is_tls, host, port, path)
    return WebhookTarget(f"{'https' if is_tls else 'http'}://{target.authority}{path}", is_tls, host, port, path)


def is_public(address: Address) -> bool:
    """Return whether the address is one of the public Internet, and so is the IPv4 address that is embedded in it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None and not is_public(address.sixtofour):
            return False
        if address.is_site_local or address.teredo is not None:
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _host(host: str, allowed: AllowedTargets) -> str:
    """Return the host, an IPv6 address in its usual form and without brackets."""
    if host.startswith("["):
        address = _literal(host[1:-1])
        if address is None:
            raise _invalid("must have a valid IPv6 address in its brackets")
        return _public_host(str(address), address, allowed)
    host = host.removesuffix(".")
    if _NUMBER.match(host.rpartition(".")[2]):
        # A resolver would read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses, too.
        address = _literal(host)
        if address is None:
            raise _invalid("must have an IPv4 address of four decimal numbers without leading zeros, or a name")
        return _public_host(host, address, allowed)
    if not _is_name(host):
        raise _invalid("must have a host whose labels have 1 to 63 letters, digits and hyphens")
    if not allowed.has_host(host) and ("." not in host or host.endswith(tuple(f".{name}" for name in _LOCAL))):
        raise _invalid("must have a public host, or one of WEBHOOK_ALLOWED_HOSTS")
    return host


def _public_host(host: str, address: Address, allowed: AllowedTargets) -> str:
    if not allowed.permits(host, address):
        raise _invalid("must have a public address, or one of WEBHOOK_ALLOWED_HOSTS")
    return host


def _is_name(host: str) -> bool:
    return len(host) <= 253 and all(map(_LABEL.match, host.split("."))) and not _NUMBER.match(host.rpartition(".")[2])


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None


def _invalid(text: str) -> InvalidValue:
    return InvalidValue(f"url {text}.", field="url")
