"""State machine over all commands, singly and in pairs: stock, ledger, orders, events and history agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from orders_adapters.testing.threads import at_once
from orders_domain import OrderStatus
from orders_domain.errors import OrderNotFound
from orders_domain.model.order import rebuild
from tests.contract.stock.model import Adjust, ChangeStatus, Command, Delete, Model, Place, Restock, outcome_of
from tests.support.depth import effort
from tests.support.report import in_ci
from tests.support.shop import Shop

PRODUCTS = (1, 2, 3)
UNKNOWN = 9
EXAMPLES = {"memory": effort(10, 300), "sqlite": effort(5, 75), "postgresql": effort(5, 75)}

BASKETS = st.lists(
    st.tuples(st.sampled_from((*PRODUCTS, *PRODUCTS, UNKNOWN)), st.integers(1, 6)), min_size=1, max_size=4
)
STATUSES = st.sampled_from([status.value for status in OrderStatus])
WHICH = st.integers(0, 30)


def ids(number: int) -> UUID:
    return UUID(int=(0x7 << 76) + (0x8 << 60) + number)


class Life(RuleBasedStateMachine):
    """A store beside its model: every command runs on both, and both are compared afterwards."""

    def __init__(self, fresh: Callable[[], Shop]) -> None:
        super().__init__()
        self.warehouse = fresh()
        self.model = Model()
        self.placed = 0
        self.last: Command | None = None

    @initialize(stocks=st.tuples(*[st.integers(0, 12)] * 3), thresholds=st.tuples(*[st.integers(0, 6)] * 3))
    def open(self, stocks: tuple[int, ...], thresholds: tuple[int, ...]) -> None:
        for product, stock, threshold in zip(PRODUCTS, stocks, thresholds, strict=True):
            assert self.warehouse.add(stock=stock, threshold=threshold).id == product
            self.model.thresholds[product] = threshold
            self.model.move(product, "initial", stock)
        self.compare()

    @rule(basket=BASKETS)
    def place(self, basket: list[tuple[int, int]]) -> None:
        self.do(self.placing(basket))

    @rule(which=WHICH, status=STATUSES)
    def change_status(self, which: int, status: str) -> None:
        self.do(ChangeStatus(self.order_id(which), status))

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.do(ChangeStatus(self.order_id(which), "CANCELED"))

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        self.do(Delete(self.order_id(which)))

    @rule(product=st.sampled_from((*PRODUCTS, UNKNOWN)), quantity=st.integers(1, 9))
    def restock(self, product: int, quantity: int) -> None:
        self.do(Restock(product, quantity))

    @rule(product=st.sampled_from((*PRODUCTS, UNKNOWN)), stock=st.integers(0, 12), threshold=st.integers(0, 6))
    def adjust(self, product: int, stock: int, threshold: int) -> None:
        self.do(Adjust(product, stock, threshold))

    @precondition(lambda self: self.last is not None)
    @rule()
    def retry(self) -> None:
        assert self.last
        self.do(self.last)

    @rule(which=WHICH, first=STATUSES, second=STATUSES)
    def change_concurrently(self, which: int, first: str, second: str) -> None:
        order = self.order_id(which)
        self.do_at_once(ChangeStatus(order, first), ChangeStatus(order, second))

    @rule(which=WHICH, status=STATUSES)
    def delete_and_change_concurrently(self, which: int, status: str) -> None:
        order = self.order_id(which)
        self.do_at_once(Delete(order), ChangeStatus(order, status))

    @rule(first=BASKETS, second=BASKETS)
    def place_concurrently(self, first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
        self.do_at_once(self.placing(first), self.placing(second))

    @rule(which=WHICH, basket=BASKETS)
    def cancel_and_place_concurrently(self, which: int, basket: list[tuple[int, int]]) -> None:
        self.do_at_once(ChangeStatus(self.order_id(which), "CANCELED"), self.placing(basket))

    @rule(product=st.sampled_from(PRODUCTS), stock=st.integers(0, 12), basket=BASKETS)
    def adjust_and_place_concurrently(self, product: int, stock: int, basket: list[tuple[int, int]]) -> None:
        self.do_at_once(Adjust(product, stock, self.model.thresholds[product]), self.placing(basket))

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat_concurrently(self) -> None:
        assert self.last
        self.do_at_once(self.last, self.last)

    def placing(self, basket: list[tuple[int, int]]) -> Place:
        self.placed += 1
        return Place(ids(self.placed), tuple(basket))

    def order_id(self, which: int) -> UUID:
        """One of the orders requested so far, or one that was never requested."""
        return ids(1 + which % (self.placed + 1))

    def do(self, command: Command) -> None:
        self.last = command
        self.model, [expected] = self.model.after(command)
        assert outcome_of(command, self.warehouse) == expected
        self.compare()

    def do_at_once(self, first: Command, second: Command) -> None:
        """The outcome equals that of one of the two serial orders."""
        first_serial, outcomes = self.model.after(first, second)
        second_serial, reverse = self.model.after(second, first)
        results = list(at_once(*(partial(outcome_of, command, self.warehouse) for command in (first, second))))
        ledger = self.warehouse.ledger()
        if results == outcomes and first_serial.agrees_with(ledger):
            self.model = first_serial
        else:
            assert results == reverse[::-1]
            self.model = second_serial
        self.compare()

    def compare(self) -> None:
        ledger = self.warehouse.ledger()
        ledger.require_agreement()
        assert self.model.agrees_with(ledger), (self.model, ledger)
        for order, known in self.model.orders.items():
            self._require_history(UUID(order), known.status, known.version)

    def _require_history(self, order_id: UUID, status: str, version: int) -> None:
        history = self.warehouse.queries.history(order_id)
        if status == "DELETED":
            rebuilt = rebuild(history)
            assert (rebuilt.deleted_at, rebuilt.version) == (history[-1].at, version)
            with pytest.raises(OrderNotFound):
                self.warehouse.queries.get(order_id)
            return
        order = self.warehouse.queries.get(order_id)
        assert rebuild(history, number=order.number) == order
        assert (order.status.value, order.version) == (status, version)


@pytest.mark.clause("002-02", "002-06", "002-13", "002-27", "002-30")
def test_store_agrees_with_the_model(fresh: Callable[[], Shop], request: pytest.FixtureRequest) -> None:
    store = request.node.callspec.params["fresh"]
    run_state_machine_as_test(
        cast("type[Life]", partial(Life, fresh)),
        settings=settings(
            max_examples=EXAMPLES[store],
            stateful_step_count=25,
            deadline=None,
            derandomize=in_ci(),
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            database=None,
        ),
    )
