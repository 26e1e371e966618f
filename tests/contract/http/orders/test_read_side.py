"""Read replica: it serves searches, analytics and exports, but no decision and no own list (clause 002-36)."""

import pytest

from orders_domain import Role
from orders_flask import Settings, create_app
from orders_flask.app import container_of
from orders_flask.bootstrap.container import close
from tests.support.client import Caller
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.tables import migrated


@pytest.mark.clause("002-36")
def test_replica_serves_reads_but_not_decisions(postgres_server: PostgresServer) -> None:
    settings = Settings(
        database_url=postgres_server.database(),
        database_read_url=postgres_server.database(),  # a replica without any data
        mounts={"orders": ("/orders",), "management": ("/api/v1/orders",)},
    )
    for url in (settings.database_url, settings.database_read_url):
        migrated(container_of(create_app(Settings(database_url=url))))
    container = container_of(app := create_app(settings))
    ann, boss = (
        Caller(app=app, subject=name, token=container.issue_dev_token(subject=name, role=role, scopes=(), seconds=60))
        for name, role in (("ann", Role.CUSTOMER), ("boss", Role.ADMIN))
    )

    order = ann.place()

    assert ann.get(order).json["id"] == order["id"], "one order comes from where it was written"
    assert ann.patch(order, "PAID").status_code == 200
    assert [listed["id"] for listed in ann.list().json] == [order["id"]], "own orders are listed at once"
    assert len(ann.ask("GET", "/api/v1/orders/my-orders").json) == 1
    assert boss.ask("GET", "/api/v1/orders/").json == []
    assert boss.ask("GET", "/api/v1/orders/analytics").json["orders"] == 0
    close(container)
