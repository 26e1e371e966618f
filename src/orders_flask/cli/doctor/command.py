"""The ``orders doctor`` command."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

import click

from orders_domain.errors import StoreUnavailable
from orders_flask import bootstrap, settings
from orders_flask.app import create_app
from orders_flask.bootstrap.container import Container
from orders_flask.cli.doctor.data import check_data
from orders_flask.observability.metrics import MAX_OPEN_ORDERS
from orders_flask.observability.redaction import redact
from orders_flask.production import REQUIREMENTS
from orders_flask.settings import InvalidSetting, NotForProduction, Settings
from orders_flask.unknown_settings import renamed_settings, unknown_settings


@click.command()
@click.option("--fix", is_flag=True, help="Repair the findings in the data.")
@click.option("--data/--no-data", default=True, help="Whether to examine the data; the components always are.")
@click.option("--from", "start", help="The position of an interrupted run, to continue it.")
@click.option(
    "--stuck-hours",
    type=click.IntRange(1, 24 * 366),
    default=24,
    show_default=True,
    help="The age of the last change of an open order from which it is named.",
)
def doctor(*, fix: bool, data: bool, start: str | None, stuck_hours: int) -> None:
    """Check every configured component and the data, and report failures.

    The data is compared with the histories of the orders and the ledger of the stock, which are what is right. Each
    contradiction is a line; without --fix nothing is changed. --fix repairs each in its own transaction, after it has
    locked the rows and examined them again, so that the service may run meanwhile. A row that another transaction has
    locked for seconds is left, and named. It can be interrupted (Ctrl-C), and repeated at any time. The exit status is
    1 if a component fails, or if something wrong remains in the data.
    """
    try:
        read = _quiet(settings.load())
        container = Container(settings=read)
        create_app(read, container=container)  # some settings are validated when components are built
    except InvalidSetting as error:
        _report_invalid(error)
        _advise(*unknown_settings(), *renamed_settings())
        sys.exit(1)
    click.echo(f"settings   ok ({read.environment})")
    _report_production(read.production_report)
    where = {
        "database": "SQLite, orders.db in the working directory"
        if read.uses_default_database
        else read.store_url.partition("://")[0],
        "cache": {"redis": read.redis_name, "memory": "in-process memory", "none": "none; set REDIS_URL"}[read.cache],
        "broker": _brokers(read),
        "replica": "DATABASE_READ_URL",
        "identity": "JWT_JWKS_URL",
        "jobs": "the Celery broker",
    }
    failures = 0
    for name, check in {**container.checks(), **container.optional_checks()}.items():
        failure = check() or (container.store().examine() if name == "database" else None)
        failures += failure is not None
        result = redact(failure, read) if failure else "ok"
        click.echo(f"{name:10} {result} ({where.get(name, 'a remote service')})")
        if name == "database" and not failure:
            click.echo(f"outbox     {_backlog(container)}")
            if webhooks := _webhooks(container)[0]:
                click.echo(f"webhooks   ok ({webhooks})")
    if data and container.store().check() is None:
        failures += not check_data(container, repair=fix, start=start)
    _advise(*unknown_settings(), *renamed_settings(), *filter(None, _advice(read, container, stuck_hours)))
    sys.exit(1 if failures else 0)


def _advice(read: Settings, container: Container, stuck_hours: int) -> Iterator[str | None]:
    yield read.warning
    yield container.cache().warning()
    yield container.broker().warning()
    yield from container.broker().unconsumed_queues()
    with suppress(StoreUnavailable):  # which is reported as a failure
        yield _webhooks(container)[1]
        yield container.auth().warning()
        yield bootstrap.demo_accounts_warning(read, container.users())
        yield from _stuck(container, stuck_hours)


def _stuck(container: Container, hours: int) -> Iterator[str]:
    """Yield a sentence for each group of open orders by status and axes of which one has waited so long."""
    now = container.clock()()
    for group in container.queries().open_orders(limit=MAX_OPEN_ORDERS):
        age = (now - group.oldest_change).total_seconds() / 3600
        if age >= hours:
            hold = ", held" if group.is_held else ""
            yield (
                f"Of {group.count:,} orders that are {group.status.value}{hold} (payment {group.payment.value}, "
                f"fulfillment {group.fulfillment.value}), the oldest has not changed for {age:,.0f} hours; see: "
                f"GET /v1/orders/?stuck_hours={hours}"
            )


def _report_invalid(error: InvalidSetting) -> None:
    if isinstance(error, NotForProduction):
        click.echo("settings   not allowed in production")
        _report_production(error.report)
    else:
        click.echo(f"settings   {error}")


def _report_production(report: Mapping[str, str | None]) -> None:
    """Print a line for each requirement of production; the report has none in development."""
    for requirement in REQUIREMENTS if report else ():
        result = report.get(requirement.name, "ok (PRODUCTION_ALLOWS has its exception)") or "ok"
        click.echo(f"production {requirement.name}: {result}")


def _backlog(container: Container) -> str:
    backlog = container.outbox().backlog()
    if not backlog.oldest:
        return "ok (no events wait)"
    age = (container.clock()() - backlog.oldest).total_seconds()
    return f"ok ({backlog.waiting} events wait and {backlog.parked} are parked, the oldest for {max(age, 0):.0f} s)"


def _webhooks(container: Container) -> tuple[str | None, str | None]:
    store = container.store()
    return bootstrap.examine_webhooks(store.webhooks, store.webhook_queue, now=container.store_clock()())


def _advise(*sentences: str) -> None:
    for sentence in sentences:
        click.echo(f"advice     {sentence}")


def _quiet(read: Settings) -> Settings:
    """Silence librdkafka, because it logs to standard error the failures that are reported here."""
    return replace(read, kafka_options=f"log_level=0 {read.kafka_options}")


def _brokers(read: Settings) -> str:
    if read.broker == "rabbitmq":
        return "RabbitMQ and Kafka" if read.kafka_servers else "RabbitMQ"
    if read.broker == "none":
        return "none"
    kafka = "Kafka for notifications" if read.kafka_servers else "none"
    return f"{kafka}; the log is the broker of the embedded default, set RABBITMQ_URL"
