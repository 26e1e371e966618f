"""orders doctor"""

import sys

import click

from orders_flask import settings
from orders_flask.app import create_app
from orders_flask.container import Container
from orders_flask.settings import SettingRefused


@click.command()
def doctor() -> None:
    """Look at every part that is configured, and say in a sentence what is wrong with it."""
    try:
        read = settings.read()
        container = Container(settings=read)
        create_app(read, container=container)  # refuses what only shows when the parts are made
    except SettingRefused as error:
        click.echo(f"settings   {error}")
        sys.exit(1)
    click.echo(f"settings   fine ({read.environment})")
    where = {
        "database": "SQLite, orders.db here" if read.embedded else read.store_url.partition("://")[0],
        "cache": {"redis": "Redis", "memory": "this process's memory", "none": "none; set REDIS_URL"}[read.cache],
        "broker": "RabbitMQ" if read.broker == "rabbitmq" else "none; events are only logged, set RABBITMQ_URL",
    }
    wrong = 0
    for name, check in {**container.checks(), **container.elsewhere()}.items():
        failure = check()
        wrong += failure is not None
        click.echo(f"{name:10} {failure or 'fine'} ({where.get(name, 'another service')})")
    for advice in filter(None, (read.advice, container.cache().advice())):
        click.echo(f"advice     {advice}")
    sys.exit(1 if wrong else 0)
