"""Detection of environment variables that look like misspelt settings, or are former names of settings."""

import re
from difflib import get_close_matches

import structlog

from orders_flask import environment, settings

_OWN_PREFIXES = ("ORDERS_", "JWT_", "CART_SNAPSHOT_")
"""Prefixes that no other program uses, unlike RABBITMQ_ and REDIS_, which the servers use, too."""

_CLOSE = 0.85
"""The minimum similarity at which a variable without an own prefix is reported as misspelt."""

_OF_OTHERS = frozenset({"DATABASE_USER"})
"""Common variables that would be reported because of their similarity."""

_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)(_|$)")
"""Variables that Kubernetes and Docker set for a service called "orders"."""

log = structlog.get_logger(__name__)


def unknown_settings() -> list[str]:
    """Return a sentence for each variable that looks like a misspelt setting."""
    try:
        variables = environment.variables()
    except ValueError:
        return []  # settings.load() reports it
    names = [name for name, _, _ in settings.documentation()]
    known = {*names, *(f"{name}_FILE" for name in names), environment.SERVER_PID, *_OF_OTHERS}
    known |= {f"{name}{suffix}" for name in environment.FORMER_NAMES for suffix in ("", "_FILE")}
    unknown = [name for name in sorted(variables.keys() - known) if not _is_link(name, variables[name])]
    return [sentence for name in unknown if (sentence := _sentence(name, names))]


def renamed_settings() -> list[str]:
    """Return a sentence for each variable that has the former name of a setting."""
    try:
        variables = environment.variables()
    except ValueError:
        return []  # settings.load() reports it
    return [
        f"{former}{suffix} is the former name of {name}{suffix}; the next release does not accept it."
        for former, name in environment.FORMER_NAMES.items()
        for suffix in ("", "_FILE")
        if variables.get(f"{former}{suffix}")
    ]


def log_settings_advice() -> None:
    """Log one warning with all unknown settings and one with all renamed settings, if there are any."""
    if sentences := unknown_settings():
        log.warning("settings.unrecognized", advice=" ".join(sentences))
    if sentences := renamed_settings():
        log.warning("settings.renamed", advice=" ".join(sentences))


def _is_link(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.search(name)) or value.startswith(("tcp://", "udp://"))


def _sentence(name: str, names: list[str]) -> str | None:
    """Return a sentence, or None if the variable may belong to another program."""
    suffix = "_FILE" if name.upper().endswith("_FILE") else ""
    own = name.startswith(_OWN_PREFIXES)
    similar = get_close_matches(name.upper().removesuffix("_FILE"), names, n=1, cutoff=0.6 if own else _CLOSE)
    if similar:
        return f"{name} is not a setting of orders; did you mean {similar[0]}{suffix}?"
    return f"{name} is not a setting of orders." if own else None
