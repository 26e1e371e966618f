"""The settings: one frozen object, read once from the environment and a ``.env`` file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, cast

from orders_domain.model.currencies import MINOR_UNIT_DIGITS
from orders_flask import environment

DEVELOPMENT_SECRET = "orders-development-secret-never-use-it-in-production"  # noqa: S105 - production refuses it
DEVELOPMENT_CART_SECRET = "orders-development-cart-secret-never-in-production"  # noqa: S105 - as above
DEFAULT_MOUNTS = "orders=/orders management=/api/v1/orders ostore=/ostore/orders checkout=/api/orders"
_FIRST_PARTY = frozenset({"/docs", "/healthz", "/metrics", "/openapi.json", "/readyz"})
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")  # without . and .., which clients and proxies resolve


class InvalidSetting(ValueError):
    """A setting's value cannot be; the sentence names the setting."""


def _setting(name: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "meaning": meaning, "secret": secret}, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, its environment variable and its default.

    Raises:
        InvalidSetting: a value cannot be, or production lacks a secret.
    """

    environment: str = _setting("ORDERS_ENV", "development", "`development` or `production`, which insists on secrets")
    mounts: Mapping[str, tuple[str, ...]] = _setting(
        "ORDERS_MOUNTS", None, "`contract=/prefix,/prefix contract=/prefix`: what is served where"
    )
    database_url: str = _setting(
        "DATABASE_URL", "", "`postgresql://…` or `sqlite:///file`; by default `sqlite:///orders.db` here", secret=True
    )
    database_read_url: str = _setting(
        "DATABASE_READ_URL", "", "a replica, for lists, analytics and exports; by default the database", secret=True
    )
    redis_url: str = _setting(
        "REDIS_URL",
        "",
        "`redis://…`: the cache; by default the process's memory, none with `DATABASE_URL`",
        secret=True,
    )
    redis_prefix: str = _setting("REDIS_PREFIX", "orders:", "what our keys in Redis begin with")
    rabbitmq_url: str = _setting(
        "RABBITMQ_URL", "", "`amqp://…`: the broker; by default events are only logged", secret=True
    )
    new_order_queue: str = _setting("NEW_ORDER_QUEUE", "new_order", "the task queue told of each placed order")
    events_exchange: str = _setting("EVENTS_EXCHANGE", "orders", "the topic exchange that gets every event")
    queue_type: str = _setting("RABBITMQ_QUEUE_TYPE", "classic", "`classic` or `quorum`, for the task queue")
    jwt_algorithm: str = _setting("JWT_ALGORITHM", "", "`HS256`, `RS256`, `ES256` or `EdDSA`; the only one accepted")
    jwt_secret: str = _setting(
        "JWT_SECRET", "", "the secret HS256 tokens are signed with, 32 bytes or more", secret=True
    )
    jwt_public_key: str = _setting("JWT_PUBLIC_KEY", "", "the PEM key that tokens are checked with instead")
    jwt_jwks_url: str = _setting("JWT_JWKS_URL", "", "where an identity provider publishes its keys")
    jwt_issuer: str = _setting("JWT_ISSUER", "", "`iss` of every token, if set")
    jwt_audience: str = _setting("JWT_AUDIENCE", "", "`aud` of every token, if set")
    cart_snapshot_secret: str = _setting(
        "CART_SNAPSHOT_SECRET", "", "the secret carts are signed with; `new,old` while it changes", secret=True
    )
    token_seconds: int = _setting("TOKEN_SECONDS", 3600, "how long a token of `/auth/login` lives; 60 to 86400")
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES", 0, "how many proxies in front of us say in `X-Forwarded-For` who asks"
    )
    default_currency: str = _setting("DEFAULT_CURRENCY", "USD", "ISO 4217 code where a client names none")
    relay: str = _setting("ORDERS_RELAY", "off", "`on` runs a relay in each web process; `orders serve` sets it")
    threads: int = _setting("ORDERS_THREADS", 8, "requests at once in `orders_flask.asgi:app`; `orders serve` sets it")
    catalog_service_url: str = _setting(
        "CATALOG_SERVICE_URL", "", "`http://…`: the Product Catalog Service of `ostore`; by default our own products"
    )
    shipment_service_url: str = _setting(
        "SHIPMENT_SERVICE_URL", "", "`http://…`: the Shipment Tracking Service of `ostore`; by default we give the ids"
    )
    celery_broker_url: str = _setting(
        "CELERY_BROKER_URL",
        "",
        "`amqp://…` or `redis://…`: Celery runs large jobs; by default the web processes do",
        secret=True,
    )
    jobs_queue: str = _setting("ORDERS_JOBS_QUEUE", "orders_jobs", "the queue that Celery's workers take jobs from")
    jobs: str = _setting("ORDERS_JOBS", "on", "`off` leaves large jobs to other processes")
    tracking_source: str = _setting(
        "TRACKING_SOURCE",
        "rabbitmq",
        "`rabbitmq` or `kafka`: what `orders track` and `orders notify` take messages from",
    )
    tracking_queue: str = _setting("TRACKING_QUEUE", "tracking_events", "RabbitMQ's queue of the carriers' events")
    notify_queue: str = _setting("NOTIFY_QUEUE", "orders_notify", "RabbitMQ's queue of notifications to send")
    kafka_servers: str = _setting(
        "KAFKA_BOOTSTRAP_SERVERS", "", "`host:port,host:port`: Kafka gets the notifications, too"
    )
    kafka_options: str = _setting(
        "KAFKA_OPTIONS", "", "`name=value name=value`: what else librdkafka is told, such as how to log in", secret=True
    )
    kafka_group: str = _setting("KAFKA_GROUP", "orders", "what the names of our consumer groups begin with")
    tracking_topic: str = _setting("TRACKING_TOPIC", "tracking-events", "Kafka's topic of the carriers' events")
    notifications_topic: str = _setting("NOTIFICATIONS_TOPIC", "user-notifications", "Kafka's topic of notifications")
    smtp_url: str = _setting(
        "SMTP_URL",
        "",
        "`smtp://…` or `smtps://…`: `orders notify` sends mail; by default it logs",
        secret=True,
    )
    smtp_sender: str = _setting("SMTP_SENDER", "orders@localhost", "the address that mail comes from")
    log_level: str = _setting("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`")
    log_format: str = _setting(
        "LOG_FORMAT", "", "`json`, a line an event, or `console`; by default `console` at a terminal, else `json`"
    )

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "mounts", _mounts(DEFAULT_MOUNTS) if self.mounts is None else _validate_mounts(self.mounts)
        )
        _one_of("ORDERS_ENV", self.environment, "development", "production")
        _one_of("RABBITMQ_QUEUE_TYPE", self.queue_type, "classic", "quorum")
        _one_of("ORDERS_RELAY", self.relay, "on", "off")
        _one_of("ORDERS_JOBS", self.jobs, "on", "off")
        _one_of("TRACKING_SOURCE", self.tracking_source, "rabbitmq", "kafka")
        _one_of("LOG_LEVEL", self.log_level, "DEBUG", "INFO", "WARNING", "ERROR")
        _one_of("LOG_FORMAT", self.log_format, "", "json", "console")
        _one_of("JWT_ALGORITHM", self.jwt_algorithm, "", "HS256", "RS256", "ES256", "EdDSA")
        if self.new_order_queue == self.events_exchange:
            raise InvalidSetting(
                "NEW_ORDER_QUEUE and EVENTS_EXCHANGE have one name, by which a Celery worker would declare both."
            )
        self._check_urls()
        self._check_identity()
        self._check_carts()
        _within("TOKEN_SECONDS", self.token_seconds, 60, 86_400)
        _within("TRUSTED_PROXIES", self.trusted_proxies, 0, 10)
        _within("ORDERS_THREADS", self.threads, 1, 256)
        if self.default_currency not in MINOR_UNIT_DIGITS:
            raise InvalidSetting(f"DEFAULT_CURRENCY is {self.default_currency!r}, which is no ISO 4217 code in use.")

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def uses_default_database(self) -> bool:
        """No database was named: ours is a SQLite file in the working directory."""
        return not self.database_url

    @property
    def store_url(self) -> str:
        return self.database_url or "sqlite:///orders.db"

    @property
    def algorithm(self) -> str:
        return self.jwt_algorithm or ("RS256" if self.jwt_public_key or self.jwt_jwks_url else "HS256")

    @property
    def signing_secret(self) -> str:
        return self.jwt_secret or DEVELOPMENT_SECRET

    @property
    def cart_secrets(self) -> tuple[str, ...]:
        return tuple(secret.strip() for secret in (self.cart_snapshot_secret or DEVELOPMENT_CART_SECRET).split(","))

    @property
    def warning(self) -> str | None:
        """What would be better otherwise, in a sentence."""
        if "checkout" in self.mounts and any(len(secret.encode()) < 32 for secret in self.cart_secrets):
            return "CART_SNAPSHOT_SECRET has a secret of fewer than 32 bytes; make one with: openssl rand -hex 32"
        return None

    @property
    def cache(self) -> Literal["redis", "memory", "none"]:
        """A memory cache only where one process is all there is: elsewhere it could be wrong."""
        if self.redis_url:
            return "redis"
        return "memory" if self.uses_default_database or self.database_url == "memory://" else "none"

    @property
    def broker(self) -> Literal["rabbitmq", "memory"]:
        return "rabbitmq" if self.rabbitmq_url else "memory"

    @property
    def services(self) -> bool:
        """Another service has a part in the orders of `ostore`."""
        return bool(self.catalog_service_url or self.shipment_service_url)

    def _check_urls(self) -> None:
        _scheme("DATABASE_URL", self.database_url, "postgresql", "postgres", "postgresql+psycopg", "sqlite", "memory")
        _scheme("DATABASE_READ_URL", self.database_read_url, "postgresql", "postgres", "postgresql+psycopg", "sqlite")
        _scheme("REDIS_URL", self.redis_url, "redis", "rediss", "unix")
        _scheme("RABBITMQ_URL", self.rabbitmq_url, "amqp", "amqps")
        _scheme("CELERY_BROKER_URL", self.celery_broker_url, "amqp", "amqps", "pyamqp", "redis", "rediss", "memory")
        _scheme("SMTP_URL", self.smtp_url, "smtp", "smtps")
        _scheme("JWT_JWKS_URL", self.jwt_jwks_url, "https", "http")
        _scheme("CATALOG_SERVICE_URL", self.catalog_service_url, "https", "http")
        _scheme("SHIPMENT_SERVICE_URL", self.shipment_service_url, "https", "http")

    def _check_identity(self) -> None:
        if self.jwt_public_key and self.jwt_jwks_url:
            raise InvalidSetting("JWT_PUBLIC_KEY and JWT_JWKS_URL are both set; tokens are checked with one of them.")
        outside = bool(self.jwt_public_key or self.jwt_jwks_url)
        if outside and self.algorithm == "HS256":
            raise InvalidSetting("JWT_ALGORITHM is HS256, which has no public key; name the algorithm of the key.")
        if not outside and self.algorithm != "HS256":
            raise InvalidSetting(f"JWT_ALGORITHM is {self.algorithm}; set JWT_PUBLIC_KEY or JWT_JWKS_URL to its key.")
        if outside:
            return
        if len(self.signing_secret.encode()) < 32:
            raise InvalidSetting("JWT_SECRET has fewer than 32 bytes; make one with: openssl rand -hex 32")
        if self.production and self.signing_secret == DEVELOPMENT_SECRET:
            raise InvalidSetting(
                "JWT_SECRET is not set, or is the development one; ORDERS_ENV=production needs its own."
            )

    def _check_carts(self) -> None:
        if not all(self.cart_secrets):
            raise InvalidSetting("CART_SNAPSHOT_SECRET has an empty secret; several are written new,old.")
        if self.production and "checkout" in self.mounts and DEVELOPMENT_CART_SECRET in self.cart_secrets:
            raise InvalidSetting(
                "CART_SNAPSHOT_SECRET is not set, or is the development one; ORDERS_ENV=production needs its own, or "
                "leaves checkout out of ORDERS_MOUNTS."
            )


def load() -> Settings:
    """Return the settings of this process's environment, its ``.env`` file and the files that they name.

    Raises:
        InvalidSetting: see ``Settings``; or a file cannot be read.
    """
    try:
        variables = environment.variables()
        texts = {one.name: environment.value(one.metadata["name"], variables) for one in fields(Settings)}
    except ValueError as error:
        raise InvalidSetting(str(error)) from error
    values: dict[str, Any] = {name: _value(name, text) for name, text in texts.items() if text}
    return Settings(**values)


def _value(name: str, text: str) -> str | int | Mapping[str, tuple[str, ...]]:
    if name == "mounts":
        return _mounts(text)
    if name in ("token_seconds", "trusted_proxies", "threads") and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text.replace("\\n", "\n") if name == "jwt_public_key" else text


def _mounts(text: str) -> Mapping[str, tuple[str, ...]]:
    mounts: dict[str, tuple[str, ...]] = {}
    for part in text.split():
        name, equals, prefixes = part.partition("=")
        if not name or not equals or name in mounts:
            raise InvalidSetting(
                f"ORDERS_MOUNTS has {part!r}; it is written contract=/prefix,/prefix, each contract once."
            )
        mounts[name] = tuple(prefixes.split(","))
    return _validate_mounts(mounts)


def _validate_mounts(mounts: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    taken: dict[str, str] = {}
    for name, prefixes in mounts.items():
        for prefix in prefixes:
            if not _PREFIX.fullmatch(prefix):
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix!r}; a prefix is like /api/orders.")
            if prefix in _FIRST_PARTY:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix}, which is the service's own.")
            if prefix in taken:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {prefix} to both {taken[prefix]} and {name}.")
            taken[prefix] = name
    return MappingProxyType({name: tuple(prefixes) for name, prefixes in mounts.items()})


def _one_of(name: str, value: str, *allowed: str) -> None:
    if value not in allowed:
        raise InvalidSetting(f"{name} is {value!r}; it is one of: {', '.join(filter(None, allowed))}.")


def _within(name: str, value: int, minimum: int, maximum: int) -> None:
    if type(value) is not int or not minimum <= value <= maximum:
        raise InvalidSetting(f"{name} is no whole number from {minimum} to {maximum}.")


def _scheme(name: str, url: str, *allowed: str) -> None:
    scheme, separator, _ = url.partition("://")
    if url and (not separator or scheme not in allowed):
        raise InvalidSetting(f"{name} does not begin with one of: {', '.join(f'{one}://' for one in allowed)}.")


def documentation() -> list[tuple[str, str, str]]:
    """Name, default and meaning of each setting, as the README shows them."""
    return [
        (
            cast(str, one.metadata["name"]),
            DEFAULT_MOUNTS if one.name == "mounts" else str(one.default),
            cast(str, one.metadata["meaning"]),
        )
        for one in fields(Settings)
    ]
