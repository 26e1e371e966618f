"""Settings: one frozen object, read once from the environment and a ``.env`` file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from orders_domain.ports.accounts.rate_limiter import RateLimit
from orders_flask import environment, production

DEFAULT_MOUNTS = "orders=/orders management=/api/v1/orders ostore=/ostore/orders checkout=/api/orders"
_FIRST_PARTY = frozenset({"/docs", "/healthz", "/metrics", "/openapi.json", "/readyz"})
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_INTEGERS = frozenset({"cart_snapshot_seconds", "threads", "token_ttl_seconds", "trusted_proxies"})
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")  # without . and .., which clients and proxies resolve
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600}
_RATE_LIMIT = re.compile(f"[1-9][0-9]{{0,8}}/({'|'.join(_SECONDS)})")


class InvalidSetting(ValueError):
    """A setting is invalid; the text names it."""


class NotForProduction(InvalidSetting):
    """Settings do not meet the requirements of production; ``report`` has a sentence for each unmet one, else None."""

    def __init__(self, report: Mapping[str, str | None]) -> None:
        super().__init__(" ".join(f"In production {sentence}" for sentence in report.values() if sentence))
        self.report = report


def _setting(name: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "meaning": meaning, "secret": secret}, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, its environment variable and its default.

    Raises:
        InvalidSetting: a value is invalid, or not allowed in production.
    """

    environment: str = _setting(
        "ORDERS_ENV", "development", "`development` or `production`, which has requirements (see above)"
    )
    production_allows: str = _setting(
        "PRODUCTION_ALLOWS",
        "",
        "exceptions from the requirements of production, separated by spaces: " + ", ".join(production.EXCEPTIONS),
    )
    mounts: Mapping[str, tuple[str, ...]] = _setting(
        "ORDERS_MOUNTS", None, "`contract=/prefix,/prefix contract=/prefix`: the URL prefixes of each contract"
    )
    database_url: str = _setting(
        "DATABASE_URL", "", "`postgresql://…` or `sqlite:///file`; by default `sqlite:///orders.db`", secret=True
    )
    database_read_url: str = _setting(
        "DATABASE_READ_URL",
        "",
        "a read replica for lists, analytics and exports; by default `DATABASE_URL`",
        secret=True,
    )
    database_schema: str = _setting(
        "DATABASE_SCHEMA",
        "",
        "the PostgreSQL schema of all tables; by default the first one of the role's `search_path`, such as `public`",
    )
    redis_url: str = _setting(
        "REDIS_URL",
        "",
        "`redis://…`: the cache; by default in-process memory, or none if `DATABASE_URL` is set",
        secret=True,
    )
    redis_prefix: str = _setting("REDIS_PREFIX", "orders:", "prefix of all keys in Redis")
    rabbitmq_url: str = _setting(
        "RABBITMQ_URL",
        "",
        "`amqp://…`: the broker; by default events are only logged, or wait if `DATABASE_URL` is set",
        secret=True,
    )
    new_order_queue: str = _setting(
        "NEW_ORDER_QUEUE", "new_order", "the task queue that gets a task for each placed order; `off`: no tasks"
    )
    events_exchange: str = _setting("EVENTS_EXCHANGE", "orders", "the topic exchange that gets every event")
    queue_type: str = _setting("RABBITMQ_QUEUE_TYPE", "classic", "`classic` or `quorum`: the type of the task queue")
    jwt_algorithm: str = _setting("JWT_ALGORITHM", "", "`HS256`, `RS256`, `ES256` or `EdDSA`; no other is accepted")
    jwt_secret: str = _setting(
        "JWT_SECRET",
        "",
        "the secret that signs HS256 tokens, at least 32 bytes; by default a random one in a file",
        secret=True,
    )
    jwt_public_key: str = _setting(
        "JWT_PUBLIC_KEY", "", "the PEM public key that verifies tokens, instead of `JWT_SECRET`"
    )
    jwt_jwks_url: str = _setting("JWT_JWKS_URL", "", "the JWKS URL of an identity provider, instead of `JWT_SECRET`")
    jwt_issuer: str = _setting("JWT_ISSUER", "", "if set, the required `iss` of every token")
    jwt_audience: str = _setting("JWT_AUDIENCE", "", "if set, the required `aud` of every token")
    cart_snapshot_secret: str = _setting(
        "CART_SNAPSHOT_SECRET",
        "",
        "the secret that signs carts; `new,old` during a rotation; by default a random one in a file",
        secret=True,
    )
    cart_snapshot_seconds: int = _setting(
        "CART_SNAPSHOT_SECONDS", 86_400, "the maximum age of a cart that is ordered; 60 to 31536000"
    )
    cart_reorder: str = _setting(
        "CART_REORDER", "off", "`on`: the cart of a canceled or deleted order may be ordered again"
    )
    token_ttl_seconds: int = _setting("TOKEN_TTL_SECONDS", 3600, "lifetime of a token of `/auth/login`; 60 to 86400")
    rate_limit: str = _setting(
        "RATE_LIMIT",
        "",
        "`100/minute` (or `second`, `hour`): the requests of each subject or address; by default no limit",
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES", 0, "number of trusted reverse proxies that set `X-Forwarded-For`"
    )
    default_currency: str = _setting("DEFAULT_CURRENCY", "USD", "ISO 4217 code of amounts without a currency")
    products_public: str = _setting("PRODUCTS_PUBLIC", "off", "`on` lets everybody read products without a token")
    relay: str = _setting("ORDERS_RELAY", "off", "`on` runs an outbox relay in each web process; set by `orders serve`")
    threads: int = _setting("ORDERS_THREADS", 8, "worker threads of `orders_flask.asgi:app`; set by `orders serve`")
    catalog_service_url: str = _setting(
        "CATALOG_SERVICE_URL", "", "`http://…`: the Product Catalog Service of `ostore`; by default the own catalogue"
    )
    shipment_service_url: str = _setting(
        "SHIPMENT_SERVICE_URL",
        "",
        "`http://…`: the Shipment Tracking Service of `ostore`; by default ids are generated",
    )
    celery_broker_url: str = _setting(
        "CELERY_BROKER_URL",
        "",
        "`amqp://…` or `redis://…`: Celery runs large jobs; by default the web processes run them",
        secret=True,
    )
    jobs_queue: str = _setting("JOBS_QUEUE", "orders_jobs", "the queue from which Celery workers consume jobs")
    jobs: str = _setting("ORDERS_JOBS", "on", "`off` disables large jobs in this process; others run them")
    message_broker: str = _setting(
        "MESSAGE_BROKER",
        "rabbitmq",
        "`rabbitmq` or `kafka`: the broker from which `orders track` and `orders notify` consume",
    )
    tracking_queue: str = _setting("TRACKING_QUEUE", "tracking_events", "the RabbitMQ queue of tracking events")
    notify_queue: str = _setting("NOTIFY_QUEUE", "orders_notify", "the RabbitMQ queue of notifications to send")
    kafka_servers: str = _setting(
        "KAFKA_BOOTSTRAP_SERVERS", "", "`host:port,host:port`: notifications are also published to Kafka"
    )
    kafka_options: str = _setting(
        "KAFKA_OPTIONS", "", "`name=value name=value`: librdkafka options, such as credentials", secret=True
    )
    kafka_group: str = _setting("KAFKA_GROUP", "orders", "prefix of the consumer groups' names")
    tracking_topic: str = _setting("TRACKING_TOPIC", "tracking-events", "the Kafka topic of tracking events")
    notifications_topic: str = _setting("NOTIFICATIONS_TOPIC", "user-notifications", "the Kafka topic of notifications")
    smtp_url: str = _setting(
        "SMTP_URL",
        "",
        "`smtp://…` or `smtps://…`: `orders notify` sends mail; by default it logs notifications",
        secret=True,
    )
    smtp_sender: str = _setting("SMTP_SENDER", "orders@localhost", "the sender address of mail")
    log_level: str = _setting("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`")
    log_format: str = _setting(
        "LOG_FORMAT",
        "",
        "`json` (one line per event) or `console`; by default `console` on a terminal, otherwise `json`",
    )

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "mounts", _mounts(DEFAULT_MOUNTS) if self.mounts is None else _validate_mounts(self.mounts)
        )
        _one_of("ORDERS_ENV", self.environment, "development", "production")
        _one_of("RABBITMQ_QUEUE_TYPE", self.queue_type, "classic", "quorum")
        _one_of("ORDERS_RELAY", self.relay, "on", "off")
        _one_of("ORDERS_JOBS", self.jobs, "on", "off")
        _one_of("CART_REORDER", self.cart_reorder, "on", "off")
        _one_of("PRODUCTS_PUBLIC", self.products_public, "on", "off")
        _one_of("MESSAGE_BROKER", self.message_broker, "rabbitmq", "kafka")
        _one_of("LOG_LEVEL", self.log_level, "DEBUG", "INFO", "WARNING", "ERROR")
        _one_of("LOG_FORMAT", self.log_format, "", "json", "console")
        _one_of("JWT_ALGORITHM", self.jwt_algorithm, "", "HS256", "RS256", "ES256", "EdDSA")
        if self.new_order_queue == self.events_exchange:
            raise InvalidSetting(
                "NEW_ORDER_QUEUE and EVENTS_EXCHANGE must differ, because a Celery worker declares both by that name."
            )
        self._check_urls()
        self._check_schema()
        self._check_identity()
        self._check_carts()
        self._check_production()
        _within("CART_SNAPSHOT_SECONDS", self.cart_snapshot_seconds, 60, 31_536_000)
        _within("TOKEN_TTL_SECONDS", self.token_ttl_seconds, 60, 86_400)
        _within("TRUSTED_PROXIES", self.trusted_proxies, 0, 10)
        if self.rate_limit and not _RATE_LIMIT.fullmatch(self.rate_limit):
            raise InvalidSetting(
                f"RATE_LIMIT is {self.rate_limit!r}; it must be a number per second, minute or hour: 100/minute."
            )
        _within("ORDERS_THREADS", self.threads, 1, 256)
        if self.default_currency not in MINOR_UNIT_DIGITS:
            raise InvalidSetting(f"DEFAULT_CURRENCY must be an ISO 4217 code in use, not {self.default_currency!r}.")

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def request_limit(self) -> RateLimit | None:
        if not self.rate_limit:
            return None
        requests, _, period = self.rate_limit.partition("/")
        return RateLimit(int(requests), _SECONDS[period])

    @property
    def products_are_public(self) -> bool:
        return self.products_public == "on"

    @property
    def uses_default_database(self) -> bool:
        """Whether DATABASE_URL is unset, so that the database is a SQLite file in the working directory."""
        return not self.database_url

    @property
    def store_url(self) -> str:
        return self.database_url or "sqlite:///orders.db"

    @property
    def algorithm(self) -> str:
        return self.jwt_algorithm or ("RS256" if self.jwt_public_key or self.jwt_jwks_url else "HS256")

    @property
    def allows_demo(self) -> bool:
        """Whether the accounts and tokens of ``orders demo`` are accepted."""
        return not self.production

    @property
    def has_own_token_secret(self) -> bool:
        """Whether tokens are verified by a secret or a key that an operator has set."""
        return bool(self.jwt_secret) or self.algorithm != "HS256"

    @property
    def local_secrets(self) -> Path:
        """The file of the random secrets that stand in for those that are not set: beside the database."""
        path = self.store_url.removeprefix("sqlite:///").partition("?")[0]
        stored = self.store_url.startswith("sqlite:///") and path not in {"", ":memory:"} and "file:" not in path
        return Path(f"{path}.secrets" if stored else "orders.secrets")

    @property
    def cart_secrets(self) -> tuple[str, ...]:
        """The secrets that verify carts, newest first; empty if none is set."""
        return tuple(secret.strip() for secret in self.cart_snapshot_secret.split(",") if self.cart_snapshot_secret)

    @property
    def exceptions(self) -> tuple[str, ...]:
        """The requirements of production that an operator has waived."""
        return tuple(self.production_allows.split())

    @property
    def production_report(self) -> Mapping[str, str | None]:
        """Return None or a sentence for each requirement of production that is not waived; empty in development."""
        return production.report(self, allowed=self.exceptions) if self.production else {}

    @property
    def warning(self) -> str | None:
        """Advice on a valid but weak setting, or None."""
        if any(len(secret.encode()) < 32 for secret in self.cart_secrets) and "checkout" in self.mounts:
            return "CART_SNAPSHOT_SECRET should have at least 32 bytes; generate one with: openssl rand -hex 32"
        return None

    @property
    def cache(self) -> Literal["redis", "memory", "none"]:
        """The cache; in-process memory only without a shared database, because other processes cannot invalidate it."""
        if self.redis_url:
            return "redis"
        return "memory" if self.uses_default_database or self.database_url == "memory://" else "none"

    @property
    def broker(self) -> Literal["rabbitmq", "log", "none"]:
        """The broker; the log only for the embedded default, because a lost event cannot be published later."""
        if self.rabbitmq_url:
            return "rabbitmq"
        return "log" if self.uses_default_database and not self.production else "none"

    @property
    def services(self) -> bool:
        """Whether a remote catalog or shipment service is configured."""
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

    def _check_schema(self) -> None:
        if not self.database_schema:
            return
        if not _SCHEMA.fullmatch(self.database_schema):
            raise InvalidSetting(
                f"DATABASE_SCHEMA is {self.database_schema!r}; it must have 1 to 63 lower-case letters, digits and "
                "underscores, and must not begin with a digit or with pg_."
            )
        if not all(url.startswith("postgres") for url in (self.store_url, self.database_read_url) if url):
            raise InvalidSetting("DATABASE_SCHEMA must only be set if the database is PostgreSQL; others have none.")

    def _check_identity(self) -> None:
        if self.jwt_public_key and self.jwt_jwks_url:
            raise InvalidSetting("JWT_PUBLIC_KEY and JWT_JWKS_URL must not both be set.")
        outside = bool(self.jwt_public_key or self.jwt_jwks_url)
        if outside and self.algorithm == "HS256":
            raise InvalidSetting("JWT_ALGORITHM must be the algorithm of the public key; HS256 has none.")
        if not outside and self.algorithm != "HS256":
            raise InvalidSetting(
                f"JWT_PUBLIC_KEY or JWT_JWKS_URL must be set, because JWT_ALGORITHM is {self.algorithm}."
            )
        if outside:
            return
        if self.jwt_secret and len(self.jwt_secret.encode()) < production.MIN_SECRET_LENGTH:
            raise InvalidSetting("JWT_SECRET must have at least 32 bytes; generate one with: openssl rand -hex 32")
        if self.jwt_secret in production.PUBLISHED_SECRETS:
            raise InvalidSetting(
                "JWT_SECRET must not be a secret of the documentation, because everybody knows it; "
                "generate one with: openssl rand -hex 32"
            )

    def _check_carts(self) -> None:
        if not all(self.cart_secrets):
            raise InvalidSetting("CART_SNAPSHOT_SECRET must not have an empty secret; two are written new,old.")

    def _check_production(self) -> None:
        for word in self.exceptions:
            _one_of("PRODUCTION_ALLOWS", word, *production.EXCEPTIONS)
        if any(self.production_report.values()):
            raise NotForProduction(self.production_report)


def load() -> Settings:
    """Read the settings from the environment, the ``.env`` file, and the files of ``NAME_FILE`` variables.

    Raises:
        InvalidSetting: see ``Settings``; or a file cannot be read.
    """
    try:
        variables = environment.variables()
        texts = {setting.name: environment.value(setting.metadata["name"], variables) for setting in fields(Settings)}
    except ValueError as error:
        raise InvalidSetting(str(error)) from error
    values: dict[str, Any] = {name: _value(name, text) for name, text in texts.items() if text}
    return Settings(**values)


def _value(name: str, text: str) -> str | int | Mapping[str, tuple[str, ...]]:
    if name == "mounts":
        return _mounts(text)
    if name in _INTEGERS and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text.replace("\\n", "\n") if name == "jwt_public_key" else text


def _mounts(text: str) -> Mapping[str, tuple[str, ...]]:
    mounts: dict[str, tuple[str, ...]] = {}
    for part in text.split():
        name, equals, prefixes = part.partition("=")
        if not name or not equals or name in mounts:
            raise InvalidSetting(
                f"ORDERS_MOUNTS has {part!r}; it must be contract=/prefix,/prefix, with each contract once."
            )
        mounts[name] = tuple(prefixes.split(","))
    return _validate_mounts(mounts)


def _validate_mounts(mounts: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    taken: dict[str, str] = {}
    for name, prefixes in mounts.items():
        for prefix in prefixes:
            if not _PREFIX.fullmatch(prefix):
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix!r}; it must be like /api/orders.")
            if prefix in _FIRST_PARTY:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {name} the prefix {prefix}, which is reserved.")
            if prefix in taken:
                raise InvalidSetting(f"ORDERS_MOUNTS gives {prefix} to both {taken[prefix]} and {name}.")
            taken[prefix] = name
    return MappingProxyType({name: tuple(prefixes) for name, prefixes in mounts.items()})


def _one_of(name: str, value: str, *allowed: str) -> None:
    if value not in allowed:
        raise InvalidSetting(f"{name} is {value!r}; it must be one of: {', '.join(filter(None, allowed))}.")


def _within(name: str, value: int, minimum: int, maximum: int) -> None:
    if type(value) is not int or not minimum <= value <= maximum:
        raise InvalidSetting(f"{name} must be an integer from {minimum} to {maximum}.")


def _scheme(name: str, url: str, *allowed: str) -> None:
    scheme, separator, _ = url.partition("://")
    if url and (not separator or scheme not in allowed):
        raise InvalidSetting(f"{name} must begin with one of: {', '.join(f'{scheme}://' for scheme in allowed)}.")


def documentation() -> list[tuple[str, str, str]]:
    """Return name, default and meaning of each setting, for the reference documentation."""
    return [
        (
            cast(str, setting.metadata["name"]),
            DEFAULT_MOUNTS if setting.name == "mounts" else str(setting.default),
            cast(str, setting.metadata["meaning"]),
        )
        for setting in fields(Settings)
    ]
