"""orders doctor"""

import sys
from dataclasses import replace

import click

from orders_flask import settings
from orders_flask.app import create_app
from orders_flask.bootstrap.container import Container
from orders_flask.observability.redaction import redact
from orders_flask.settings import InvalidSetting, Settings
from orders_flask.unknown_settings import unknown_settings


@click.command()
def doctor() -> None:
    """Check every configured part, and say what is wrong and why."""
    try:
        read = _quiet(settings.load())
        container = Container(settings=read)
        create_app(read, container=container)  # refuses what only shows when the parts are made
    except InvalidSetting as error:
        click.echo(f"settings   {error}")
        _advise(*unknown_settings())
        sys.exit(1)
    click.echo(f"settings   fine ({read.environment})")
    where = {
        "database": "SQLite, orders.db here" if read.uses_default_database else read.store_url.partition("://")[0],
        "cache": {"redis": "Redis", "memory": "this process's memory", "none": "none; set REDIS_URL"}[read.cache],
        "broker": _brokers(read),
        "replica": "DATABASE_READ_URL",
        "identity": "JWT_JWKS_URL",
        "jobs": "Celery's broker",
    }
    wrong = 0
    for name, check in {**container.checks(), **container.optional_checks()}.items():
        failure = check()
        wrong += failure is not None
        how = redact(failure, read) if failure else "fine"
        click.echo(f"{name:10} {how} ({where.get(name, 'another service')})")
    _advise(*unknown_settings(), *filter(None, (read.warning, container.cache().warning())))
    sys.exit(1 if wrong else 0)


def _advise(*sentences: str) -> None:
    for sentence in sentences:
        click.echo(f"advice     {sentence}")


def _quiet(read: Settings) -> Settings:
    """Kafka's library writes to standard error by itself, which is all about what is said here in a line."""
    return replace(read, kafka_options=f"log_level=0 {read.kafka_options}")


def _brokers(read: Settings) -> str:
    if read.broker == "rabbitmq":
        return "RabbitMQ and Kafka" if read.kafka_servers else "RabbitMQ"
    return f"{'Kafka gets notifications' if read.kafka_servers else 'none'}; events are only logged, set RABBITMQ_URL"
