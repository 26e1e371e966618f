"""Requests of the Python client to a service: typed calls, retries after lost answers, versions, errors, tokens."""

import pytest

from tests.contract.client.programs import CLIENT, run
from tests.support.cases import each_case
from tests.support.server import Served

SCENARIO = """
import asyncio, inspect, sys, time
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from orders_client import (
    AsyncOrdersClient, Conflict, InvalidRequest, NoResponse, NotFound, OrdersClient, PreconditionFailed,
    ServiceUnavailable, TooManyRequests, Unauthorized,
)
from orders_client.json_values import from_json, to_json
from orders_client.models import (
    ShopCancellation, ShopOrder, ShopOrderCreate, ShopOrderCreateLine, ShopPaymentCreate, ShopTags, WebhookCreate,
)

kind, url, token = sys.argv[1:4]


class Faults:
    '''What happens to the next requests: `lost` answers, or statuses that a proxy answers with.'''

    def __init__(self) -> None:
        self.plan: list[str | int] = []
        self.sent: list[httpx.Request] = []

    def before(self, request: httpx.Request) -> httpx.Response | None:
        self.sent.append(request)
        if self.plan and isinstance(status := self.plan[0], int):
            self.plan.pop(0)
            return httpx.Response(status, headers={"Retry-After": "1"})
        if self.plan and self.plan[0] == "refused":
            self.plan.pop(0)
            raise httpx.ConnectError("refused")
        return None

    def after(self) -> None:
        if self.plan:
            raise httpx.ReadError(str(self.plan.pop(0)))


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    def __init__(self, faults: Faults) -> None:
        self.faults, self.sync, self.other = faults, httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.faults.before(request) or self.sync.handle_request(request)
        response.read()
        self.faults.after()
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = self.faults.before(request) or await self.other.handle_async_request(request)
        await response.aread()
        self.faults.after()
        return response


faults = Faults()
tokens = iter(["not a token", token])
kinds: dict[str, Any] = {"sync": OrdersClient, "async": AsyncOrdersClient}
client = kinds[kind](url, lambda: next(tokens), transport=Transport(faults))
mine = str(uuid4())
TEA = ShopOrderCreate(lines=[ShopOrderCreateLine(title="Tea", quantity=2, unit_price_minor=500)], tags=[mine])


async def call(method: Any, *arguments: Any, faulty: list[str | int] | None = None, **named: Any) -> Any:
    faults.plan, faults.sent = list(faulty or []), []
    answer = method(*arguments, **named)
    return await answer if inspect.isawaitable(answer) else answer


async def fails(error: type[Any], method: Any, *arguments: Any, **named: Any) -> Any:
    try:
        await call(method, *arguments, **named)
    except error as caught:
        return caught
    raise AssertionError(f"{method} did not raise {error}")


async def main() -> None:
    shop = client.shop
    order = await call(shop.place_order, TEA, faulty=["lost", "lost", 503])
    assert isinstance(order, ShopOrder) and order.totals.total_minor == 1000 and order.version == 1, order
    keys = {request.headers.get("Idempotency-Key") for request in faults.sent}
    assert len(faults.sent) == 5 and len(keys) == 1, faults.sent  # the first one with a refused token
    assert len((await call(shop.list_orders, tag=mine)).data) == 1
    assert await call(shop.get_order, order, faulty=["lost"]) == order == await call(shop.get_order, order.number)

    confirmed = await call(shop.confirm_order, order, faulty=["lost"])
    assert (confirmed.status, confirmed.version, len(faults.sent)) == ("confirmed", 2, 2)
    stale = await fails(PreconditionFailed, shop.cancel_units, order, ShopCancellation(reason="late"))
    assert stale.problem["order"]["version"] == 2 and stale.request_id and "version" in stale.detail, stale
    tagged = await call(shop.annotate_order_tags, order.id, ShopTags(tags=[mine, "b"]), version="*")
    payment = ShopPaymentCreate(provider="x", reference=mine, kind="captured", amount_minor=1000)
    paid = await call(shop.record_payment, tagged, payment, faulty=["lost"])
    assert (paid.payment_status, len(paid.payments), paid.status) == ("paid", 1, "paid")
    refused = await fails(Conflict, shop.confirm_order, paid)
    assert refused.code and refused.detail in str(refused) and refused.request_id in str(refused)

    assert (await fails(NotFound, shop.get_order, uuid4())).status == 404
    invalid = await fails(InvalidRequest, shop.place_order, replace(TEA, lines=[]))
    assert invalid.problem["errors"][0]["pointer"] == "/lines", invalid.problem
    assert len(faults.sent) == 1
    moment = replace(payment, occurred_at=datetime(2026, 1, 1))
    assert "offset" in str(await fails(ValueError, shop.record_payment, paid, moment))
    assert "version" in str(await fails(ValueError, shop.confirm_order, paid.id))

    hook = WebhookCreate(url="https://example.com/" + mine)
    assert (await fails(NoResponse, shop.add_webhook, hook, faulty=["lost"])).may_be_done and len(faults.sent) == 1
    assert isinstance(await fails(ServiceUnavailable, shop.add_webhook, hook, faulty=[503]), ServiceUnavailable)
    stored = [one for one in (await call(shop.list_webhooks)).data if one.url == hook.url]
    assert len(stored) == 1
    begun = time.monotonic()
    await call(shop.remove_webhook, stored[0].id, faulty=["refused", 429])
    assert len(faults.sent) == 3 and time.monotonic() - begun >= 1  # Retry-After
    impatient = kinds[kind](url, "not a token", transport=Transport(faults), retry_seconds=0)
    assert (await fails(TooManyRequests, impatient.shop.get_order, 1, faulty=[429])).retry_after == 1
    await fails(Unauthorized, impatient.shop.get_order, 1)
    assert len(faults.sent) == 1  # a fixed token is not tried again

    later = {**to_json(order), "status": "a later one", "member": "a later one"}
    assert str(from_json(ShopOrder, later).status) == "a later one"
    closed = client.close()
    if inspect.isawaitable(closed):
        await closed


asyncio.run(main())
print("done")
"""


@each_case("kind", ["sync", "async"])
def test_calls_are_typed_retried_once_and_explained(served: Served, kind: str) -> None:
    token = served.token("root", "--role", "admin")

    assert run(SCENARIO, kind, served.url, token, here=served.directory) == "done\n"


@pytest.mark.deep
def test_client_and_its_calls_type_check_strictly(served: Served) -> None:
    (served.directory / "scenario.py").write_text(SCENARIO)
    check = "from mypy.__main__ import console_entry; console_entry()"
    options = ["--strict", "--no-incremental", "--config-file=", "--ignore-missing-imports"]

    checked = run(check, *options, "-p", "orders_client", here=served.directory)
    used = run(check, *options, "scenario.py", here=served.directory)

    assert "Success" in checked
    assert "Success" in used
    assert (CLIENT / "src" / "orders_client" / "py.typed").exists()
