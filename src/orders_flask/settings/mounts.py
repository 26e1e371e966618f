"""Mounts: the URL prefixes of each published contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from orders_flask.settings.validation import InvalidSetting

DEFAULT_MOUNTS = "orders=/orders management=/api/v1/orders ostore=/ostore/orders checkout=/api/orders shop=/v1"
_RESERVED = frozenset({"/console", "/docs", "/healthz", "/metrics", "/openapi.json", "/readyz"})
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")  # without . and .., which clients and proxies resolve


def parse_mounts(text: str) -> Mapping[str, tuple[str, ...]]:
    mounts: dict[str, tuple[str, ...]] = {}
    for part in text.split():
        name, equals, prefixes = part.partition("=")
        if not name or not equals or name in mounts:
            raise InvalidSetting(
                f"ORDERS_MOUNTS has {part!r}; it must be contract=/prefix,/prefix, with each contract once."
            )
        mounts[name] = tuple(prefixes.split(","))
    return validate_mounts(mounts)


def validate_mounts(mounts: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    taken: dict[str, str] = {}
    for name, prefixes in mounts.items():
        for prefix in prefixes:
            if not _PREFIX.fullmatch(prefix):
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix!r}; it must be like /api/orders.")
            if prefix in _RESERVED:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix}, which is reserved.")
            if prefix in taken:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {prefix} to both {taken[prefix]} and {name}.")
            taken[prefix] = name
    return MappingProxyType({name: tuple(prefixes) for name, prefixes in mounts.items()})
