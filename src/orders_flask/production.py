"""Requirements of ``ORDERS_ENV=production``: each must be met, or waived by name in ``PRODUCTION_ALLOWS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

PUBLISHED_SECRETS = frozenset(
    {
        "orders-development-secret-never-use-it-in-production",
        "orders-development-cart-secret-never-in-production",
        "example-secret-of-thirty-two-bytes-or-more",
    }
)
"""Secrets that stand in the documentation, or stood in the source, so that everybody knows them."""

MIN_SECRET_LENGTH = 32  # bytes


class Configuration(Protocol):
    """The settings that the requirements read; see ``orders_flask.settings``."""

    @property
    def algorithm(self) -> str: ...
    @property
    def jwt_secret(self) -> str: ...
    @property
    def jwt_jwks_url(self) -> str: ...
    @property
    def jwt_audience(self) -> str: ...
    @property
    def cart_snapshot_secret(self) -> str: ...
    @property
    def mounts(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def rabbitmq_url(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def celery_broker_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement; ``sentence`` names the variable and says what it must be.

    ``exception`` is the word of ``PRODUCTION_ALLOWS`` that waives it; "" if it cannot be waived.
    """

    name: str
    sentence: str
    met: Callable[[Configuration], bool]
    exception: str = ""


def cart_secrets(configured: Configuration) -> Sequence[str]:
    """Return the secrets that verify carts, newest first; empty if the contract ``checkout`` is not served."""
    if "checkout" not in configured.mounts or not configured.cart_snapshot_secret:
        return ()
    return [secret.strip() for secret in configured.cart_snapshot_secret.split(",")]


def _own_cart_secret(configured: Configuration) -> bool:
    secrets = cart_secrets(configured)
    return "checkout" not in configured.mounts or (bool(secrets) and PUBLISHED_SECRETS.isdisjoint(secrets))


def _in_memory(database_url: str) -> bool:
    path = database_url.partition("?")[0]
    return path in {"memory://", "sqlite://", "sqlite:///", "sqlite:///:memory:"} or "mode=memory" in database_url


REQUIREMENTS = (
    Requirement(
        "own-token-secret",
        "JWT_SECRET must be set to a secret of your own, or JWT_PUBLIC_KEY or JWT_JWKS_URL must be set; "
        "generate a secret with: openssl rand -hex 32",
        lambda its: its.algorithm != "HS256" or bool(its.jwt_secret),
    ),
    Requirement(
        "own-cart-secret",
        "CART_SNAPSHOT_SECRET must be set to a secret of your own, because ORDERS_MOUNTS has checkout; "
        "generate a secret with: openssl rand -hex 32",
        _own_cart_secret,
    ),
    Requirement(
        "long-cart-secret",
        f"CART_SNAPSHOT_SECRET must have at least {MIN_SECRET_LENGTH} bytes, each secret of a list; "
        "generate one with: openssl rand -hex 32.",
        lambda its: all(len(secret.encode()) >= MIN_SECRET_LENGTH for secret in cart_secrets(its)),
        "short-cart-secret",
    ),
    Requirement(
        "broker",
        "RABBITMQ_URL must be set, because without a broker no event is published.",
        lambda its: bool(its.rabbitmq_url),
        "no-broker",
    ),
    Requirement(
        "stored-orders",
        "DATABASE_URL must be a database that outlives the process, such as postgresql://…, not one in memory.",
        lambda its: not _in_memory(its.database_url),
        "memory-database",
    ),
    Requirement(
        "stored-jobs",
        "CELERY_BROKER_URL must be amqp://… or redis://…, because the queue of memory:// ends with the process.",
        lambda its: not its.celery_broker_url.startswith("memory://"),
        "memory-jobs",
    ),
    Requirement(
        "https-keys",
        "JWT_JWKS_URL must begin with https://, because a third party could replace keys that are fetched over http.",
        lambda its: not its.jwt_jwks_url.startswith("http://"),
        "http-keys",
    ),
    Requirement(
        "audience",
        "JWT_AUDIENCE must be set if JWT_JWKS_URL or JWT_PUBLIC_KEY is, because an identity provider also issues "
        "tokens for other services.",
        lambda its: its.algorithm == "HS256" or bool(its.jwt_audience),
        "no-audience",
    ),
)
"""Every requirement; ``PRODUCTION_ALLOWS`` waives some of them."""

EXCEPTIONS = tuple(requirement.exception for requirement in REQUIREMENTS if requirement.exception)


def report(configured: Configuration, *, allowed: Sequence[str]) -> Mapping[str, str | None]:
    """Return, by the name of each requirement, None if it is met, otherwise a sentence."""
    return {
        requirement.name: None if requirement.met(configured) else _sentence(requirement)
        for requirement in REQUIREMENTS
        if requirement.exception not in allowed
    }


def _sentence(requirement: Requirement) -> str:
    if not requirement.exception:
        return requirement.sentence
    return f"{requirement.sentence} PRODUCTION_ALLOWS={requirement.exception} allows this exception."
