"""Pages of administrators: stock, analytics, webhooks, the outbox and health."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from orders_domain import Role
from orders_domain.model.webhooks.delivery import DeliveryAttempt, DeliveryState
from orders_domain.ports.outbox import OutboxState
from tests.contract.http.console.client import Operator, administrator, operator
from tests.contract.http.management.client import shopper
from tests.contract.http.shop.client import shopkeeper
from tests.support.client import as_json
from tests.support.service_stack import Stack


@pytest.fixture
def root(stack: Stack) -> Operator:
    return administrator(stack)


def words(text: str) -> str:
    return " ".join(text.split())


def test_stock_is_low_first_and_restocked_once(stack: Stack, root: Operator) -> None:
    product = shopper(stack, role=Role.ADMIN).product(name="Rare tea", stock=1)
    path = f"/stock/{product['product_id']}"
    assert f"/console{path}" in root.get("/stock?q=rare+tea").links
    page = root.get(path)
    form = page.form("restock")

    done, again = (root.send(form, quantity="40") for _ in range(2))
    other = root.send(form, quantity="41")
    wrong = root.send(done.form("restock"), quantity="many")
    without = root.send(done.form("restock"), quantity="40", key="")

    assert "Restocked: 40 units added, 41 in stock." in done.text
    assert "41 in stock" in again.text
    assert other.status == 422
    assert (wrong.status, wrong.alerts) == (422, ["A quantity must be a whole number of at least 1."])
    assert without.status == 422
    assert root.get(path).text.count("restocked") == done.text.count("restocked")
    movements = words(done.text.partition("Movements")[2])
    assert movements.index("restocked") < movements.index("initial")
    assert root.get("/stock?q=%21").status == 422
    assert root.get("/stock/999999999").status == 404


def test_analytics_are_charts_with_titles_and_tables(stack: Stack, root: Operator) -> None:
    shopkeeper(stack).place()

    page = root.get("/analytics?days=7")

    charts = [values for tag, values in page.elements if tag == "svg"]
    assert len(charts) >= 3
    assert {values["role"] for values in charts} == {"img"}
    ids = {values.get("id") for _, values in page.elements}
    assert all(name in ids for values in charts for name in str(values["aria-labelledby"]).split())
    assert "Orders by day" in page.text
    assert "Table of orders and revenue" in page.text
    assert [tag for tag, _ in page.elements].count("rect") >= 14
    assert root.get("/analytics?currency=XXX").status == 422
    assert "Orders by week" in root.get("/analytics?days=365").text


@pytest.fixture
def endpoint(stack: Stack) -> Iterator[str]:
    """The id of an endpoint with a delivery that has failed."""
    body = {"url": "https://console.example.com/orders"}
    added = stack.caller(role=Role.ADMIN).ask("POST", "/v1/webhooks", **as_json(body)).json["id"]
    yield added
    stack.caller(role=Role.ADMIN).ask("DELETE", f"/v1/webhooks/{added}")


def test_delivery_that_has_failed_is_repeated(stack: Stack, root: Operator, endpoint: str) -> None:
    assert "A test event is queued." in root.send(root.get(f"/webhooks/{endpoint}").form("test")).text
    fail(stack, endpoint)
    page = root.get(f"/webhooks/{endpoint}?state=failed")
    assert "gone away" in page.text

    (form,) = [form for form in page.forms if form.verb == "redeliver" and "delivery" in form.fields]
    repeated = root.send(form)

    assert "Queued again: 1 delivery." in repeated.text
    assert "waiting" in repeated.text
    assert "Nothing was queued" in root.send(page.form("redeliver")).text


def fail(stack: Stack, endpoint: str) -> None:
    """Let the delivery of the endpoint that waits end in failure."""
    queue = stack.container.store().webhook_queue
    now = datetime.now(UTC) + timedelta(seconds=1)
    lease = now + timedelta(minutes=1)
    (claimed,) = queue.claim(UUID(endpoint), now=now, until=lease, limit=1)
    attempt = DeliveryAttempt(at=now, error="gone away")
    assert queue.record(replace(claimed, state=DeliveryState.FAILED, tries=1, attempts=(attempt,)), lease=lease)


def test_endpoint_is_disabled_and_enabled(root: Operator, endpoint: str) -> None:
    assert f"/console/webhooks/{endpoint}" in root.get("/webhooks").links
    disabled = root.send(root.get(f"/webhooks/{endpoint}").form("disable"))
    assert "Disabled: requested." in words(disabled.text)

    enabled = root.send(disabled.form("enable"))

    assert "The endpoint is enabled." in enabled.text
    assert enabled.form("disable")


def test_events_are_resent(stack: Stack, root: Operator) -> None:
    order = shopkeeper(stack).place()
    stack.relayed()
    sent = stack.container.outbox().select(states=frozenset({OutboxState.SENT}), limit=10_000)
    event = next(message.event for message in sent if str(message.event.order_id) == order["id"])
    form = root.get("/outbox?state=sent").form("resend")

    resent = root.send(form, event=str(event.id))

    assert "Queued again: 1 event." in resent.text
    assert [key for key, news in stack.relayed().news if news["subject"] == order["id"]] == ["orders.order_placed.v1"]
    assert "Nothing was queued" in root.send(form, event="").text


def test_health_names_components(stack: Stack, root: Operator) -> None:
    assert "databaseok" in root.get("/health").text
    assert operator(stack, scopes=("orders:read",)).get("/health").status == 200
