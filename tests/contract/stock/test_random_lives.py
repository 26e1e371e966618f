"""Random lives of orders: after each step the fold of the history is the row, and stock, ledger and lines agree.

The view of each order as one of the Universal Commerce Protocol fits its published JSON Schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.sql.consistency.store import SqlConsistencyChecks
from orders_adapters.system.ids import UuidSequence
from orders_adapters.testing.examples import ADMIN, Clock, only
from orders_domain import CustomItem, Order, OrderStatus, use_cases
from orders_domain.errors import OrdersError
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.life.changes import cancelled_minor, fulfillment_status, payment_status
from orders_domain.model.life.charges import Charge, ChargeKind
from orders_domain.model.life.lines import line_counters, open_units, order_shares, quantities
from orders_domain.model.life.payments import PaymentKind, RefundState
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.returns import awaited_units
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.life.state import NEW, Life
from orders_domain.model.order import rebuild
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.product import RequestedItem
from orders_domain.use_cases.life.place_shop_order import PricedItem
from orders_flask import Settings, create_app
from orders_flask.contracts.shop.ucp import ucp_order
from tests.contract.http.shop.test_ucp import validator
from tests.support.depth import effort
from tests.support.secrets import JWT_SECRET
from tests.support.shop import DatabaseShop, Shop

EXAMPLES = {"memory": effort(12, 600), "sqlite": effort(4, 250), "postgresql": effort(1, 150)}
PARTS = effort(1, 10)
"""Tests of so many lives each, because 10,000 in one would take too long for its timeout."""
STOCK = 30
WHICH = st.integers(0, 1)
UNITS = st.none() | st.dictionaries(st.integers(1, 4), st.integers(1, 3), min_size=1, max_size=2)
CHARGES = (
    Charge(kind=ChargeKind.SHIPPING, amount_minor=499),
    Charge(kind=ChargeKind.DISCOUNT, amount_minor=-77),
    Charge(kind=ChargeKind.TAX, amount_minor=31, line=1),
)


def returned_units(order: Order) -> Counter[tuple[int, bool]]:
    """The units that came back, by the number of the line and whether they were restocked."""
    units: Counter[tuple[int, bool]] = Counter()
    for known in order.life.returns:
        for number, quantity, restocked in known.received:
            units[number, restocked] += quantity
    return units


@cache
def application() -> Flask:
    """The service whose addresses the views have."""
    return create_app(Settings(database_url="memory://", jwt_secret=JWT_SECRET, log_level="ERROR"))


class Lives(RuleBasedStateMachine):
    """Two orders on one store, changed by the use cases. A domain error changes nothing."""

    def __init__(self, fresh: Callable[[], Shop]) -> None:
        super().__init__()
        self.shop = fresh()
        self.clock = Clock()
        self.new_id = UuidSequence()
        self.orders: list[UUID] = []
        self.facts = 0
        self.known: dict[UUID, Order] = {}  # the orders as they were compared last

    @initialize(quantity=st.integers(1, 4))
    def open(self, quantity: int) -> None:
        [self.tea, self.milk] = self.shop.stocked(STOCK, STOCK)
        for number in range(2):
            self.place(quantity + number)
        self.compare()

    def place(self, quantity: int) -> None:
        item = {"title": "Gift", "quantity": 2, "unit_price_minor": 333}
        request = use_cases.PlaceShopOrder(
            actor=ADMIN,
            lines=(
                RequestedItem(product_id=self.tea, quantity=quantity),
                PricedItem(item=CustomItem(item), quantity=2, unit_price_minor=333),  # type: ignore[arg-type]
                RequestedItem(product_id=self.milk, quantity=3),
            ),
            currency="USD",
            placing=Placing(
                source="shop",
                reference=str(len(self.orders)),
                charges=CHARGES,
                life=Life(expires_at=self.clock() + timedelta(seconds=15)) if self.orders else NEW,
            ),
        )
        uow = self.shop.unit_of_work()
        order = use_cases.place_shop_order(request, uow=uow, clock=self.clock, new_id=self.new_id)
        self.orders.append(order.id)

    def change(self, use_case: Callable[..., Order], request: Any, **ports: Any) -> None:
        self.clock.advance(1)
        try:
            use_case(request, uow=self.shop.unit_of_work(), cache=NullOrderCache(), clock=self.clock, **ports)
        except OrdersError:
            assert self.state() == list(self.known.values())
        self.compare()

    def state(self) -> list[Order]:
        return [self.shop.queries.get(order) for order in self.orders]

    def common(self, which: int) -> dict[str, Any]:
        return {"actor": ADMIN, "order_id": self.orders[which]}

    @rule(which=WHICH, lines=UNITS)
    def cancel(self, which: int, lines: Mapping[int, int] | None) -> None:
        request = use_cases.CancelUnits(**self.common(which), lines=lines, reason="late")
        self.change(use_cases.cancel_units, request)

    @rule(which=WHICH, lines=UNITS, minimal=st.booleans())
    def ship(self, which: int, lines: Mapping[int, int] | None, minimal: bool) -> None:
        request = use_cases.ShipUnits(**self.common(which), lines=lines, with_shipments=not minimal)
        self.change(use_cases.ship_units, request, new_id=self.new_id)

    @rule(
        which=WHICH,
        parcel=st.integers(0, 3),
        state=st.sampled_from(ShipmentState),
        event=st.integers(0, 9),
        minimal=st.booleans(),
    )
    def track(self, which: int, parcel: int, state: ShipmentState, event: int, minimal: bool) -> None:
        shipments = self.shop.queries.get(self.orders[which]).life.shipments
        if shipments:
            request = use_cases.RecordShipmentEvent(
                actor=ADMIN,
                shipment_id=UUID(shipments[parcel % len(shipments)].id),
                event_id=str(event),
                state=state,
                occurred_at=self.clock(),
                with_shipments=not minimal,
            )
            self.change(use_cases.record_shipment_event, request)

    @rule(which=WHICH, lines=UNITS.filter(bool))
    def authorize_return(self, which: int, lines: Mapping[int, int]) -> None:
        request = use_cases.AuthorizeReturn(**self.common(which), lines=lines, reason="too small")
        self.change(use_cases.authorize_return, request, new_id=self.new_id)

    @rule(which=WHICH, number=st.integers(0, 3), lines=UNITS, restocks=st.booleans(), refuses=st.booleans())
    def end_return(
        self, which: int, number: int, lines: Mapping[int, int] | None, restocks: bool, refuses: bool
    ) -> None:
        returns = self.shop.queries.get(self.orders[which]).life.returns
        if not returns:
            return
        known = returns[number % len(returns)]
        common: dict[str, Any] = {"actor": ADMIN, "return_id": UUID(known.id)}
        if refuses and lines:
            refusal = use_cases.RefuseReturn(**common, reason="too late")
            self.change(use_cases.refuse_return, refusal)
        else:
            received = tuple((line, units, restocks) for line, units in (lines or dict(known.lines)).items())
            self.change(use_cases.receive_return, use_cases.ReceiveReturn(**common, received=received))

    @rule(which=WHICH, kind=st.sampled_from(PaymentKind), amount=st.integers(1, 4_000), repeats=st.booleans())
    def pay(self, which: int, kind: PaymentKind, amount: int, repeats: bool) -> None:
        self.facts += not repeats
        provider = "bank" if amount % 2 else "cash"
        request = use_cases.RecordPayment(
            **self.common(which), provider=provider, reference=str(self.facts), kind=kind, amount_minor=amount
        )
        self.change(use_cases.record_payment, request, new_id=self.new_id)

    @rule(which=WHICH)
    def pay_in_full(self, which: int) -> None:
        order = self.shop.queries.get(self.orders[which])
        due = order.total.minor - cancelled_minor(order) - order.life.totals.captured
        self.pay(which, PaymentKind.CAPTURED, max(due, 1), repeats=False)

    @rule(which=WHICH, lines=UNITS, charge=st.booleans(), amount=st.integers(1, 2_000))
    def refund(self, which: int, lines: Mapping[int, int] | None, charge: bool, amount: int) -> None:
        request = use_cases.RequestRefund(
            **self.common(which),
            reason="broken",
            lines=lines,
            charges=(1,) if charge else (),
            amount_minor=None if lines or charge else amount,
        )
        self.change(use_cases.request_refund, request, new_id=self.new_id)

    @rule(which=WHICH, succeeds=st.booleans())
    def settle(self, which: int, succeeds: bool) -> None:
        refunds = self.shop.queries.get(self.orders[which]).life.refunds
        waiting = [refund for refund in refunds if refund.state is RefundState.REQUESTED]
        if waiting:
            kind = PaymentKind.REFUNDED if succeeds else PaymentKind.REFUND_FAILED
            self.pay(which, kind, waiting[0].amount_minor, repeats=False)

    @rule(which=WHICH)
    def retry_refund(self, which: int) -> None:
        refunds = self.shop.queries.get(self.orders[which]).life.refunds
        failed = [refund for refund in refunds if refund.state is RefundState.FAILED]
        if failed:
            request = use_cases.RetryRefund(**self.common(which), refund_id=failed[0].id)
            self.change(use_cases.retry_refund, request)

    @rule()
    def expire(self) -> None:
        """Cancel the second order if its time has come, and it is neither paid, held nor shipped in part."""
        self.clock.advance(1)
        result = use_cases.expire_orders(
            queries=self.shop.queries,
            uow=self.shop.unit_of_work(),
            cache=NullOrderCache(),
            clock=self.clock,
            new_id=self.new_id,
        )
        for order in map(self.shop.queries.get, result.expired):
            assert (order.status, order.cancellation_reason) == (OrderStatus.CANCELED, "expired")
        self.compare()

    @rule(which=WHICH, holds=st.booleans())
    def hold_or_release(self, which: int, holds: bool) -> None:
        if holds:
            self.change(use_cases.hold_order, use_cases.HoldOrder(**self.common(which), reason="address"))
        else:
            self.change(use_cases.release_order, use_cases.ReleaseOrder(**self.common(which)))

    @rule(which=WHICH, tags=st.lists(st.sampled_from("abc"), max_size=3))
    def annotate(self, which: int, tags: list[str]) -> None:
        request = use_cases.AnnotateOrder(**self.common(which), tags=tuple(tags), metadata={"tags": list(tags)})
        self.change(use_cases.annotate_order, request)

    @rule(which=WHICH, status=st.sampled_from(OrderStatus))
    def set_status(self, which: int, status: OrderStatus) -> None:
        request = use_cases.ChangeStatus(**self.common(which), target=only(status), access=ADMIN_ONLY)
        self.change(use_cases.change_status, request)

    def compare(self) -> None:
        """Check every promise that holds between two steps."""
        orders = self.state()
        for order in orders:
            if order != self.known.get(order.id):
                self._compare_order(order)
                self.known[order.id] = order
        self._compare_stock(orders)

    def teardown(self) -> None:
        """Check that the data of the life has no finding."""
        if isinstance(self.shop, DatabaseShop):
            checks = SqlConsistencyChecks(self.shop.engine)
            found = [checks.examine(area, after=None, now=self.clock()).findings for area in checks.areas]
            assert [each for findings in found for each in findings] == []

    def _compare_order(self, order: Order) -> None:
        history = self.shop.queries.history(order.id)
        assert rebuild(history, number=order.number) == order
        with application().test_request_context(f"/v1/orders/{order.id}"):
            assert [flaw.message for flaw in validator().iter_errors(ucp_order(order, history))] == []
        self._compare_units(order)
        self._compare_money(order)
        found = self.shop.queries.search(
            OrderFilter(
                payment_status=payment_status(order),
                fulfillment_status=fulfillment_status(order),
                is_held=order.life.hold is not None,
                reference=order.reference,
            )
        )
        assert [match.id for match in found.orders] == [order.id]

    def _compare_units(self, order: Order) -> None:
        awaited, returned = awaited_units(order.life.returns), returned_units(order)
        for number, (counter, quantity) in enumerate(zip(line_counters(order), quantities(order), strict=True), 1):
            assert 0 <= counter.shipped + counter.cancelled <= quantity
            assert 0 <= counter.returned + awaited.get(number, 0) <= counter.shipped
            assert counter.returned == sum(returned.get((number, restocked), 0) for restocked in (True, False))
        sent = sum(units for shipment in order.life.shipments for _, units in shipment.lines)
        shipped = sum(counter.shipped for counter in line_counters(order))
        assert sent <= shipped
        is_open = bool(open_units(order))
        assert is_open == (order.status in (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID))
        assert (order.status is OrderStatus.CANCELED) == (not is_open and not shipped)

    def _compare_money(self, order: Order) -> None:
        totals = order.life.totals
        assert 0 <= totals.refunded + totals.refunding <= totals.captured
        assert 0 <= cancelled_minor(order) <= order.total.minor
        frozen = order_shares(order)
        assert sum(frozen.by_line) + sum(frozen.by_charge.values()) == order.total.minor

    def _compare_stock(self, orders: list[Order]) -> None:
        for product in (self.tea, self.milk):
            gone = 0
            for order in orders:
                first = len(order.items)
                counters = line_counters(order)[first:]
                pairs = zip(order.lines, counters, strict=True)
                gone += sum(line.quantity - counter.cancelled for line, counter in pairs if line.product_id == product)
                numbers = [first + place for place, line in enumerate(order.lines, 1) if line.product_id == product]
                gone -= sum(returned_units(order).get((number, True), 0) for number in numbers)
            assert self.shop.catalog.get(product).stock == STOCK - gone
            movements = self.shop.ledger().movements
            assert sum(move.quantity for move in movements if move.product_id == product) == STOCK - gone


@pytest.mark.timeout(effort(300, 1_800))
@pytest.mark.parametrize("part", range(PARTS))
def test_random_lives_keep_every_promise(fresh: Callable[[], Shop], request: pytest.FixtureRequest, part: int) -> None:
    examples = EXAMPLES[request.node.callspec.params["fresh"]]
    run_state_machine_as_test(
        lambda: Lives(fresh),  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if effort(0, 1) else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
