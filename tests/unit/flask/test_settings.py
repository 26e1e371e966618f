"""Settings: valid ones are loaded, and each invalid one is a sentence that names its variable."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orders_domain.ports.accounts.rate_limiter import RateLimit
from orders_flask import create_app
from orders_flask.environment import FORMER_NAMES
from orders_flask.production import EXCEPTIONS, PUBLISHED_SECRETS
from orders_flask.settings import (
    InvalidSetting,
    NotForProduction,
    Settings,
    documentation,
    load,
)
from tests.support.cases import each_case
from tests.support.invalid_tokens import rsa_key
from tests.support.production import PRODUCTION
from tests.support.secrets import CART_SECRET

LONG_SECRET = "a-secret-of-thirty-two-bytes-or-more"
BAD = [
    ("ORDERS_ENV", "prod"),
    ("ORDERS_ENV", "PRODUCTION"),
    ("DATABASE_SCHEMA", "shop"),  # the default database is SQLite
    ("DATABASE_SCHEMA", "Shop"),
    ("DATABASE_SCHEMA", "pg_shop"),
    ("DATABASE_SCHEMA", "a;b"),
    ("ORDERS_MOUNTS", "orders"),
    ("ORDERS_MOUNTS", "orders="),
    ("ORDERS_MOUNTS", "=/orders"),
    ("ORDERS_MOUNTS", "orders=orders"),
    ("ORDERS_MOUNTS", "orders=/orders/"),
    ("ORDERS_MOUNTS", "orders=/"),
    ("ORDERS_MOUNTS", "orders=/a,"),
    ("ORDERS_MOUNTS", "orders=/a,/a"),
    ("ORDERS_MOUNTS", "orders=/a orders=/b"),
    ("ORDERS_MOUNTS", "orders=/a checkout=/a"),
    ("ORDERS_MOUNTS", "orders=/<id>"),
    ("ORDERS_MOUNTS", "orders=/a/../b"),
    ("ORDERS_MOUNTS", "orders=/a/./b"),
    ("ORDERS_MOUNTS", "orders=/.."),
    ("ORDERS_MOUNTS", "orders=/a/."),
    ("ORDERS_MOUNTS", "orders=http://x/orders"),
    ("DATABASE_URL", "orders.db"),
    ("DATABASE_URL", "mysql://localhost/orders"),
    ("DATABASE_URL", "postgresql:/localhost/orders"),
    ("DATABASE_URL", "postgresql://[::1/orders"),
    ("DATABASE_URL", "postgresql://localhost:port/orders"),
    ("DATABASE_READ_URL", "mysql://localhost/orders"),
    ("DATABASE_READ_URL", "postgresql://[::1/orders"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "http://localhost:6379"),
    ("REDIS_URL", "redis://localhost:port"),
    ("REDIS_URL", "redis://localhost/0?no_such_option=1"),
    ("REDIS_URL", "redis-sentinel://localhost/mymaster"),
    ("REDIS_URL", "redis+sentinel://localhost"),
    ("REDIS_URL", "redis+sentinel://localhost/mymaster/zero"),
    ("REDIS_URL", "redis+sentinel://one,two:port/mymaster"),
    ("REDIS_URL", "redis+sentinel://one,,two/mymaster"),
    ("REDIS_URL", "redis+sentinel://one/mymaster?no_such_option=1"),
    ("REDIS_URL", "redis+cluster://"),
    ("REDIS_URL", "redis+cluster://one,two:70000"),
    ("REDIS_URL", "rediss+cluster://one/1"),
    ("REDIS_URL", "redis+cluster://one?db=1"),
    ("REDIS_URL", "redis+cluster://one?sentinel_password=word"),
    ("REDIS_URL", "redis+cluster://one?no_such_option=1"),
    ("RABBITMQ_URL", "localhost"),
    ("RABBITMQ_URL", "http://localhost:15672"),
    ("RABBITMQ_URL", "amqp://localhost:port"),
    ("RABBITMQ_URL", "amqp://a,,b"),
    ("RABBITMQ_QUEUE_TYPE", "stream"),
    ("ORDERS_DEMO", "yes"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "https://shop.example/"),
    ("CORS_ORIGINS", "https://shop.example:443"),
    ("CORS_ORIGINS", "https://Shop.example"),
    ("CORS_ORIGINS", "https://*.shop.example"),
    ("CORS_ORIGINS", "https://shop.example,null"),
    ("CORS_ORIGINS", "shop.example"),
    ("NEW_ORDER_QUEUE", "orders"),
    ("EVENTS_EXCHANGE", "new_order"),
    ("JWT_ALGORITHM", "none"),
    ("JWT_ALGORITHM", "HS512"),
    ("JWT_ALGORITHM", "RS256"),
    ("JWT_SECRET", "short"),
    ("JWT_SECRET", "x" * 31),
    ("CART_SNAPSHOT_SECRET", "new,"),
    ("CART_SNAPSHOT_SECRET", "new, ,old"),
    ("CART_SNAPSHOT_SECONDS", "59"),
    ("CART_SNAPSHOT_SECONDS", "31536001"),
    ("CART_SNAPSHOT_SECONDS", "a day"),
    ("CART_REORDER", "true"),
    ("CART_AUTHORIZATION", "none"),
    ("CART_AUTHORIZATION", "signature"),  # and no CART_SNAPSHOT_SECRET
    ("USER_IDS", "int"),
    ("CATALOG_RESERVATIONS", "false"),
    ("CATALOG_RESERVATIONS", "off"),  # and no CATALOG_SERVICE_URL
    ("ORDER_EVENTS_EXCHANGE", "orders.events"),  # and no RABBITMQ_URL
    ("JWT_SUBJECT_CLAIM", "user id"),
    ("JWT_ROLE_CLAIM", "user..role"),
    ("JWT_SCOPE_CLAIM", ".scopes"),
    ("JWT_PUBLIC_KEY", "not a key"),
    ("JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
    ("JWT_JWKS_URL", "ftp://keys"),
    ("JWT_JWKS_URL", "keys.json"),
    ("JWT_JWKS_URL", "https://"),
    ("CATALOG_SERVICE_URL", "https:///v1"),
    ("SHIPMENT_SERVICE_URL", "http://:8000"),
    ("SMS_URL", "https://[::1/v1"),
    ("SMTP_URL", "smtps://"),
    ("DEFAULT_CURRENCY", "usd"),
    ("DEFAULT_CURRENCY", "XXX"),
    ("ORDERS_RELAY", "true"),
    ("ORDERS_JOBS", "true"),
    ("CELERY_BROKER_URL", "http://localhost"),
    ("MESSAGE_BROKER", "carrier-pigeon"),
    ("SMTP_URL", "mail.example.com"),
    ("SMS_URL", "sms.example.com"),
    ("SMS_URL", "http://sms.example.com/?to="),
    ("SMS_TOKEN", "secret"),  # and no SMS_URL
    ("JWT_EMAIL_CLAIM", "e mail"),
    ("NOTIFICATION_TEMPLATES", "no-such-folder"),
    ("NOTIFICATION_LANGUAGE", "tlh"),
    ("TOKEN_TTL_SECONDS", "59"),
    ("TOKEN_TTL_SECONDS", "86401"),
    ("TOKEN_TTL_SECONDS", "an hour"),
    ("TOKEN_TTL_SECONDS", "9" * 5_000),
    ("ORDERS_THREADS", "0"),
    ("ORDERS_THREADS", "many"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "1.0"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


def assert_is_a_sentence_about(refusal: str, name: str) -> None:
    assert name in refusal
    assert refusal.endswith((".", "hex 32"))
    assert "\n" not in refusal
    assert len(refusal) < 280


@pytest.mark.parametrize(("name", "value"), BAD)
def test_invalid_value_prevents_start_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSetting) as refusal:
        create_app()

    assert_is_a_sentence_about(str(refusal.value), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://ann:s3cret-word@db/x"),
        ("REDIS_URL", "x://:s3cret-word@h"),
        ("JWT_SECRET", "s3cret-word"),
    ],
)
def test_rejection_hides_the_secret(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSetting) as refusal:
        load()

    assert "s3cret-word" not in str(refusal.value)


def in_production(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    for name, value in (PRODUCTION | others).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("secret", ["", "   ", *sorted(PUBLISHED_SECRETS), "short", "x" * 31])
def test_production_requires_a_jwt_secret(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, JWT_SECRET=secret)

    with pytest.raises(InvalidSetting) as refusal:
        load()

    assert_is_a_sentence_about(str(refusal.value), "JWT_SECRET")


@pytest.mark.parametrize("secret", sorted(PUBLISHED_SECRETS))
def test_published_token_secret_is_never_accepted(secret: str) -> None:
    with pytest.raises(InvalidSetting, match="JWT_SECRET must not be"):
        Settings(jwt_secret=secret)


@pytest.mark.parametrize(
    "secret", ["", *sorted(PUBLISHED_SECRETS), f"{CART_SECRET},{min(PUBLISHED_SECRETS)}", ",", "new,", "new,,old"]
)
def test_production_checkout_requires_a_cart_secret(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, CART_SNAPSHOT_SECRET=secret)

    with pytest.raises(InvalidSetting) as refusal:
        load()

    assert_is_a_sentence_about(str(refusal.value), "CART_SNAPSHOT_SECRET")


JWKS = {"JWT_SECRET": "", "JWT_JWKS_URL": "https://keys.example/jwks.json", "JWT_AUDIENCE": "shop"}
UNSAFE = [
    ({"RABBITMQ_URL": ""}, "RABBITMQ_URL", "no-broker"),
    ({"DATABASE_URL": "memory://"}, "DATABASE_URL", "memory-database"),
    ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL", "memory-database"),
    ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL", "memory-database"),
    ({"CELERY_BROKER_URL": "memory://"}, "CELERY_BROKER_URL", "memory-jobs"),
    ({"CART_SNAPSHOT_SECRET": "x" * 31}, "CART_SNAPSHOT_SECRET", "short-cart-secret"),
    ({"CART_SNAPSHOT_SECRET": f"{CART_SECRET},{'x' * 31}"}, "CART_SNAPSHOT_SECRET", "short-cart-secret"),
    (JWKS | {"JWT_JWKS_URL": "http://keys.example/jwks.json"}, "JWT_JWKS_URL", "http-keys"),
    (JWKS | {"JWT_AUDIENCE": ""}, "JWT_AUDIENCE", "no-audience"),
]


def test_every_exception_of_production_is_tested() -> None:
    assert {exception for _, _, exception in UNSAFE} == set(EXCEPTIONS)


@pytest.mark.parametrize(("unsafe", "named", "exception"), UNSAFE)
def test_production_refuses_unless_allowed(
    unsafe: dict[str, str], named: str, exception: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_production(monkeypatch, **unsafe)
    with pytest.raises(InvalidSetting) as refusal:
        load()
    assert_is_a_sentence_about(str(refusal.value), f"{named} must")
    assert f"PRODUCTION_ALLOWS={exception} " in str(refusal.value)

    monkeypatch.setenv("PRODUCTION_ALLOWS", exception)

    assert load().production


@pytest.mark.parametrize(("unsafe", "named", "exception"), UNSAFE)
def test_development_allows_the_exceptions(
    unsafe: dict[str, str], named: str, exception: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_production(monkeypatch, **unsafe, ORDERS_ENV="development")

    assert not load().production


def test_production_names_every_unmet_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_ENV", "production")

    with pytest.raises(NotForProduction) as refusal:
        load()

    assert all(name in str(refusal.value) for name in ("JWT_SECRET", "CART_SNAPSHOT_SECRET", "RABBITMQ_URL"))


@pytest.mark.parametrize("word", ["nothing", "broker", "no-broker,no-audience"])
def test_unknown_exception_names_the_allowed(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, PRODUCTION_ALLOWS=word)

    with pytest.raises(InvalidSetting, match=r"PRODUCTION_ALLOWS is .* must be one of: .*no-broker"):
        load()


def test_production_starts_with_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, CART_SNAPSHOT_SECRET=f"{CART_SECRET},{LONG_SECRET}")

    assert load().production
    assert load().cart_secrets == (CART_SECRET, LONG_SECRET)


def test_production_without_checkout_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, CART_SNAPSHOT_SECRET="", ORDERS_MOUNTS="orders=/orders")

    assert load().production


@each_case(
    ("database", "rabbitmq", "broker"),
    [
        ("", "", "log"),
        ("sqlite:///x.db", "", "none"),
        ("postgresql://h/x", "", "none"),
        ("memory://", "", "none"),
        ("", "amqp://h", "rabbitmq"),
        ("postgresql://h/x", "amqp://h", "rabbitmq"),
    ],
)
def test_log_is_a_broker_by_default_only(database: str, rabbitmq: str, broker: str) -> None:
    assert Settings(database_url=database, rabbitmq_url=rabbitmq).broker == broker


@each_case(
    ("database", "file"),
    [
        ("", "orders.db.secrets"),
        ("sqlite:////var/lib/shop.db", "/var/lib/shop.db.secrets"),
        ("sqlite:///shop.db?timeout=3", "shop.db.secrets"),
        ("sqlite:///:memory:", "orders.secrets"),
        ("memory://", "orders.secrets"),
        ("postgresql://h/x", "orders.secrets"),
    ],
)
def test_local_secrets_are_beside_the_database(database: str, file: str) -> None:
    assert str(Settings(database_url=database).local_secrets) == file


@pytest.mark.parametrize(
    ("value", "queue"), [("", ""), (" ", ""), ("off", "off"), ("fresh", "fresh"), (None, "new_order")]
)
def test_empty_task_queue_is_none(monkeypatch: pytest.MonkeyPatch, value: str | None, queue: str) -> None:
    monkeypatch.delenv("NEW_ORDER_QUEUE", raising=False)
    if value is not None:
        monkeypatch.setenv("NEW_ORDER_QUEUE", value)

    assert load().new_order_queue == queue


def test_cart_secrets_are_read_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CART_SNAPSHOT_SECRET", " new , old")

    assert load().cart_secrets == ("new", "old")


def test_jwks_needs_no_secret_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    in_production(monkeypatch, **JWKS)

    assert load().algorithm == "RS256"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"JWT_PUBLIC_KEY": "x", "JWT_JWKS_URL": "https://keys"}, {"JWT_PUBLIC_KEY", "JWT_JWKS_URL"}),
        ({"JWT_JWKS_URL": "https://keys", "JWT_ALGORITHM": "HS256"}, {"JWT_ALGORITHM"}),
        ({"JWT_ALGORITHM": "ES256", "JWT_SECRET": LONG_SECRET}, {"JWT_ALGORITHM", "JWT_PUBLIC_KEY"}),
    ],
)
def test_contradicting_settings_are_named(
    settings: dict[str, str], named: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSetting) as refusal:
        load()

    assert all(name in str(refusal.value) for name in named)


def test_defaults_use_embedded_components() -> None:
    settings = load()

    assert settings == Settings()
    assert (settings.uses_default_database, settings.store_url) == (True, "sqlite:///orders.db")
    assert (settings.cache, settings.broker, settings.algorithm) == ("memory", "log", "HS256")
    assert settings.mounts["orders"] == ("/orders",)


@each_case(
    ("database", "redis", "cache"),
    [
        ("", "", "memory"),
        ("memory://", "", "memory"),
        ("sqlite:///x.db", "", "none"),
        ("postgresql://h/x", "", "none"),
        ("", "redis://h", "redis"),
        ("postgresql://h/x", "redis://h", "redis"),
    ],
)
def test_memory_cache_needs_a_single_process(database: str, redis: str, cache: str) -> None:
    assert Settings(database_url=database, redis_url=redis).cache == cache


def test_documentation_states_when_no_cache_is_used() -> None:
    (meaning,) = [meaning for name, _, meaning in documentation() if name == "REDIS_URL"]

    assert "none if `DATABASE_URL` is set" in meaning


def test_mounts_are_read_with_their_prefixes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_MOUNTS", "  checkout=/api/orders,/orders   orders=/v2/orders ")

    assert load().mounts == {"checkout": ("/api/orders", "/orders"), "orders": ("/v2/orders",)}


@pytest.mark.parametrize(
    "setting", [setting for setting in fields(Settings) if setting.name != "mounts"], ids=lambda setting: setting.name
)
def test_every_setting_is_read_from_its_variable(setting: object, monkeypatch: pytest.MonkeyPatch) -> None:
    name, field = setting.metadata["name"], setting.name  # type: ignore[attr-defined]
    good = {
        "ORDERS_ENV": "development", "DATABASE_URL": "sqlite:///x.db", "DATABASE_READ_URL": "sqlite:///y.db",
        "REDIS_URL": "redis://h", "RABBITMQ_URL": "amqp://h", "RABBITMQ_QUEUE_TYPE": "quorum",
        "JWT_ALGORITHM": "HS256", "JWT_SECRET": LONG_SECRET,
        "JWT_PUBLIC_KEY": a_public_key(), "JWT_JWKS_URL": "https://keys", "DEFAULT_CURRENCY": "EUR",
        "ORDERS_RELAY": "on", "ORDERS_DEMO": "on",
        "DEMO_ORDERS": "7", "ORDERS_CONSOLE": "off", "ORDERS_JOBS": "off", "PRODUCTS_PUBLIC": "on",
        "RATE_LIMIT": "5/hour", "ASYNC_ORDER_LINES": "management=200",
        "CELERY_BROKER_URL": "amqp://h", "SHUTDOWN_DELAY_SECONDS": "20", "CORS_ORIGINS": "https://shop.example",
        "MESSAGE_BROKER": "kafka", "SMTP_URL": "smtps://h", "SMS_URL": "https://sms/v1",
        "CART_SNAPSHOT_SECONDS": "600", "CART_REORDER": "on", "TAKE_STOCK": "on", "UNPAID_ORDER_SECONDS": "3600",
        "ORDER_MAX_BYTES": "2048", "EXPORT_MAX_BYTES": "2048", "IMPORT_MAX_BYTES": "2048", "ORDER_MAX_VALUES": "200",
        "WEBHOOK_MAX_ENDPOINTS": "7", "WEBHOOK_ALLOWED_HOSTS": "localhost",
        "TOKEN_REFRESH_GRACE_SECONDS": "60", "REFRESH_TOKEN_TTL_SECONDS": "600",
        "TOKEN_TTL_SECONDS": "600", "TRUSTED_PROXIES": "2", "ORDERS_THREADS": "3",
        "CATALOG_SERVICE_URL": "https://c", "SHIPMENT_SERVICE_URL": "http://s/v1",
        "PRODUCTION_ALLOWS": "no-broker no-audience",
        "USER_IDS": "integer", "CART_AUTHORIZATION": "signature", "CATALOG_RESERVATIONS": "off",
        "LOG_LEVEL": "DEBUG", "LOG_FORMAT": "console",
    }  # fmt: skip
    requires = {
        "DATABASE_SCHEMA": ("DATABASE_URL", "postgresql://h"),
        "CART_AUTHORIZATION": ("CART_SNAPSHOT_SECRET", CART_SECRET),
        "CATALOG_RESERVATIONS": ("CATALOG_SERVICE_URL", "https://c"),
        "ORDER_EVENTS_EXCHANGE": ("RABBITMQ_URL", "amqp://h"),
        "SMS_TOKEN": ("SMS_URL", "https://sms/v1"),
        "SMS_SENDER": ("SMS_URL", "https://sms/v1"),
    }
    if name in requires:
        monkeypatch.setenv(*requires[name])
    good["DATABASE_SCHEMA"] = "shop"
    value = good.get(name, "a-word")
    monkeypatch.setenv(name, f" {value}\n")

    assert str(getattr(load(), field)) == value


def a_public_key() -> str:
    key = rsa_key("ours").public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()


def test_settings_are_frozen_and_hide_secrets() -> None:
    settings = Settings(
        jwt_secret=LONG_SECRET, database_url="postgresql://ann:s3cret-word@h/x", redis_url="redis://:pw-1@h"
    )

    with pytest.raises(FrozenInstanceError):
        settings.relay = "on"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.mounts["orders"] = ()  # type: ignore[index]
    assert not any(secret in repr(settings) for secret in (LONG_SECRET, "s3cret-word", "pw-1"))


def test_documentation_covers_every_setting() -> None:
    rows = documentation()

    assert [name for name, _, _ in rows] == [setting.metadata["name"] for setting in fields(Settings)]
    assert all(meaning for _, _, meaning in rows)


FORMER = [
    ("TOKEN_SECONDS", "TOKEN_TTL_SECONDS", "120", "token_ttl_seconds", 120),
    ("TRACKING_SOURCE", "MESSAGE_BROKER", "kafka", "message_broker", "kafka"),
    ("ORDERS_JOBS_QUEUE", "JOBS_QUEUE", "large", "jobs_queue", "large"),
]


@pytest.mark.parametrize(("former", "name", "text", "field", "value"), FORMER)
def test_former_name_is_accepted(
    former: str, name: str, text: str, field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(former, text)
    assert getattr(load(), field) == value

    monkeypatch.setenv(name, text)
    assert getattr(load(), field) == value


@pytest.mark.parametrize(("former", "name"), [row[:2] for row in FORMER])
def test_former_name_with_other_value_is_rejected(former: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(former, "60")
    monkeypatch.setenv(name, "61")

    with pytest.raises(InvalidSetting, match=f"^{name} and its former name {former} must not be set to different"):
        load()


def test_former_name_may_have_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seconds").write_text("90\n")
    monkeypatch.setenv("TOKEN_SECONDS_FILE", str(tmp_path / "seconds"))

    assert load().token_ttl_seconds == 90


def test_every_former_name_is_tested() -> None:
    assert {former: name for former, name, *_ in FORMER} == FORMER_NAMES
    assert set(FORMER_NAMES.values()) <= {name for name, _, _ in documentation()}


def test_only_single_words_have_the_own_prefix() -> None:
    names = [name for name, _, _ in documentation()]

    assert [name for name in names if name.startswith("ORDERS_") is not ("_" not in name.removeprefix("ORDERS_"))] == []


@pytest.mark.parametrize(
    ("text", "limit"),
    [("", None), ("100/minute", RateLimit(100, 60)), ("1/second", RateLimit(1, 1)), ("9/hour", RateLimit(9, 3_600))],
)
def test_rate_limit_is_a_number_per_period(text: str, limit: RateLimit | None) -> None:
    assert Settings(rate_limit=text).request_limit == limit


@each_case("text", ["100", "0/minute", "-1/minute", "1.5/minute", "100/minutes", "100 / minute", "x/hour"])
def test_invalid_rate_limit_is_rejected(text: str) -> None:
    with pytest.raises(InvalidSetting, match="RATE_LIMIT"):
        Settings(rate_limit=text)


def test_products_are_public_only_if_set() -> None:
    assert [Settings(products_public=value).products_are_public for value in ("on", "off")] == [True, False]
    assert not Settings().products_are_public
    with pytest.raises(InvalidSetting, match="PRODUCTS_PUBLIC"):
        Settings(products_public="yes")
