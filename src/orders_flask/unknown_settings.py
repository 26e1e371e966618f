"""Environment variables that look like misspelt settings."""

import re
from difflib import get_close_matches

import structlog

from orders_flask import environment, settings

_OWN_PREFIXES = ("ORDERS_", "JWT_", "CART_SNAPSHOT_")
"""No other program's variables begin with them. RABBITMQ_, REDIS_ and the like are shared with the servers' own."""

_CLOSE = 0.85
"""The similarity from which on another program's variable is taken for a misspelt one of ours."""

_OF_OTHERS = frozenset({"DATABASE_USER"})
"""Common variables that are as similar to one of ours as a misspelt one."""

_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)(_|$)")
"""Kubernetes and Docker describe a service called "orders" by such variables."""

log = structlog.get_logger(__name__)


def unknown_settings() -> list[str]:
    """Return a sentence for each variable that looks like a misspelt setting."""
    try:
        variables = environment.variables()
    except ValueError:
        return []  # settings.read() reports it
    names = [name for name, _, _ in settings.documentation()]
    known = {*names, *(f"{name}_FILE" for name in names), environment.SERVER_PID, *_OF_OTHERS}
    unknown = [name for name in sorted(variables.keys() - known) if not _is_link(name, variables[name])]
    return [sentence for name in unknown if (sentence := _sentence(name, names))]


def log_unknown_settings() -> None:
    """Warn of them in one line, where there are any."""
    if sentences := unknown_settings():
        log.warning("unknown settings", advice=" ".join(sentences))


def _is_link(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.search(name)) or value.startswith(("tcp://", "udp://"))


def _sentence(name: str, names: list[str]) -> str | None:
    """Return nothing for a name that may be another program's."""
    suffix = "_FILE" if name.upper().endswith("_FILE") else ""
    own = name.startswith(_OWN_PREFIXES)
    similar = get_close_matches(name.upper().removesuffix("_FILE"), names, n=1, cutoff=0.6 if own else _CLOSE)
    if similar:
        return f"{name} is not a setting of orders; did you mean {similar[0]}{suffix}?"
    return f"{name} is not a setting of orders." if own else None
