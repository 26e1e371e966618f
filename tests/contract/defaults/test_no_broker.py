"""Without a broker events wait in the outbox, visibly; only for the embedded default the log is the broker."""

from pathlib import Path

import pytest

from orders_domain.errors import PublisherUnavailable
from orders_flask import Settings, create_app
from orders_flask.app import container_of
from orders_flask.bootstrap.container import close
from tests.support.command import orders
from tests.support.shop_folder import Shop

ADDRESS = "sqlite:///orders.db"


def test_events_wait_without_a_broker(migrated: Path) -> None:
    Shop(migrated).place()
    app = create_app(Settings(database_url=f"sqlite:///{migrated}/orders.db"))
    container = container_of(app)
    relay, client = container.relay(), app.test_client()

    with pytest.raises(PublisherUnavailable, match="set RABBITMQ_URL"):
        relay._step()

    assert container.outbox().backlog().waiting == 1
    assert '"broker":"degraded"' in client.get("/readyz").text
    assert 'orders_outbox_events{state="waiting"} 1.0' in client.get("/metrics").text
    close(container)


def test_doctor_reports_waiting_events(migrated: Path) -> None:
    Shop(migrated).place()

    ended = orders("doctor", here=migrated, DATABASE_URL=ADDRESS)

    assert ended.returncode == 1
    assert "1 events wait" in ended.stdout
    assert "Events wait in the outbox, because there is no broker; set RABBITMQ_URL" in ended.stdout


def test_log_is_the_broker_of_the_default(migrated: Path) -> None:
    Shop(migrated).place()

    ended = orders("doctor", here=migrated)

    assert ended.returncode == 0
    assert "the log is the broker of the embedded default" in ended.stdout


def test_doctor_shows_the_requirements(migrated: Path) -> None:
    ended = orders("doctor", here=migrated, ORDERS_ENV="production", JWT_SECRET="x" * 32)

    assert ended.returncode == 1
    assert "production broker: RABBITMQ_URL must be set" in ended.stdout
    assert "production own-token-secret: ok" in ended.stdout
