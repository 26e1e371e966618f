"""Orders and a stock hold of the demonstration, in the states that operations of the contract ``shop`` need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from orders_domain.errors import InsufficientStock
from orders_domain.model.access import SHOP
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.life.open_orders import OPEN_STATUSES
from orders_domain.model.life.payments import PaymentKind, RefundState
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.stock_hold import MAX_SECONDS
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.origin import Origin
from orders_domain.model.product import RequestedItem
from orders_domain.model.status import OrderStatus
from orders_domain.use_cases import (
    AuthorizeReturn,
    HoldOrder,
    HoldStock,
    ListOrders,
    ListStockHolds,
    PlaceShopOrder,
    RecordPayment,
    RequestRefund,
    ShipUnits,
)
from orders_domain.use_cases.life.place_shop_order import PricedItem
from orders_flask.use_cases import UseCases

SOURCE = "demo"
"""The source of the orders, whose references are the name of their state and a number: ``held-1``."""
_OWNER = "ann"
_ADMIN = Actor(subject="admin", role=Role.ADMIN)
_UNITS = 1_000
"""So many that an operation on a few of them can be repeated."""
_PRICE = 5
_MAX_ORDERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """A state of an order: how a new one gets there, whether one is there, and the operations that need it."""

    operations: tuple[str, ...]
    prepare: Callable[[UseCases, Order], object] = lambda use_cases, order: None
    is_ready: Callable[[Order], bool]


def place_demo_orders(use_cases: UseCases) -> None:
    """Place an order of each state that no order has, and hold stock if no stock is held.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    orders = _orders(use_cases)
    for name, sample in _SAMPLES.items():
        known = [order for order in orders if _state(order) == name]
        if not any(map(sample.is_ready, known)):
            sample.prepare(use_cases, _placed(use_cases, reference=f"{name}-{len(known) + 1}"))
    if not _holds(use_cases):
        line = RequestedItem(product_id=1, quantity=1)
        with suppress(InsufficientStock):  # the demonstration has sold out
            use_cases.hold_stock(HoldStock(actor=_ADMIN, lines=(line,), seconds=MAX_SECONDS))


def demo_parameters(use_cases: UseCases) -> Mapping[str, Mapping[str, str]]:
    """Return the parameters of the path with which each operation succeeds, by operationId.

    A client's own order serves if none of the demonstration is in the state any more.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    orders = _orders(use_cases)
    found: dict[str, Mapping[str, str]] = {}
    for name, sample in _SAMPLES.items():
        if order := _newest(name, sample, orders):
            parameters = _parameters(order)
            found |= {operation: parameters.get(operation, parameters[""]) for operation in sample.operations}
    for hold_id in _holds(use_cases)[:1]:
        found |= {operation: {"hold_id": hold_id} for operation in ("shop_get_stock_hold", "shop_end_stock_hold")}
    return found


def _newest(name: str, sample: _Sample, orders: Sequence[Order]) -> Order | None:
    known = [order for order in orders if _state(order) == name]
    others = [order for order in orders if _state(order) is None]
    return next(filter(sample.is_ready, known + others), known[0] if known else None)


def _parameters(order: Order) -> Mapping[str, Mapping[str, str]]:
    """Return the parameters by operationId; "" has those of other operations."""
    life = order.life
    returns = [returned.id for returned in life.returns if returned.open_units]
    refunds = [refund.id for refund in life.refunds if refund.state is RefundState.FAILED]
    order_ref = {"order_ref": str(order.id)}
    found = {"": order_ref}
    if refunds:
        found["shop_retry_refund"] = {**order_ref, "refund_id": refunds[0]}
    if life.shipments:
        found["shop_record_shipment_event"] = {"shipment_id": life.shipments[0].id}
    if returns:
        found |= {"shop_receive_return": {"return_id": returns[0]}, "shop_refuse_return": {"return_id": returns[-1]}}
    return found


def _orders(use_cases: UseCases) -> Sequence[Order]:
    wanted = OrderFilter(origin=Origin.SHOP, limit=_MAX_ORDERS)
    return use_cases.list_orders(ListOrders(actor=_ADMIN, order_filter=wanted, access=SHOP)).orders


def _holds(use_cases: UseCases) -> Sequence[str]:
    page = use_cases.list_stock_holds(ListStockHolds(actor=_ADMIN, user_id=_ADMIN.subject, limit=1))
    return [str(hold.id) for hold in page.holds]


def _state(order: Order) -> str | None:
    """Return the state of an order of the demonstration, and None for one of a client."""
    return order.reference.rpartition("-")[0] if order.source == SOURCE and order.reference else None


def _placed(use_cases: UseCases, *, reference: str) -> Order:
    tea = CustomItem({"title": "Assam, tea bag", "quantity": _UNITS, "unit_price_minor": _PRICE})
    return use_cases.place_shop_order(
        PlaceShopOrder(
            actor=_ADMIN,
            user_id=_OWNER,
            lines=(PricedItem(item=tea, quantity=_UNITS, unit_price_minor=_PRICE),),
            currency=use_cases.default_currency,
            placing=Placing(source=SOURCE, reference=reference),
        )
    )


def _hold(use_cases: UseCases, order: Order) -> None:
    use_cases.hold_order(HoldOrder(actor=_ADMIN, order_id=order.id, reason="The address is to be checked."))


def _pay(use_cases: UseCases, order: Order) -> None:
    """Record a payment of the total, and a refund that has failed."""
    fact = partial(RecordPayment, actor=_ADMIN, order_id=order.id, provider="demo")
    paid = fact(reference=f"{order.reference}-paid", kind=PaymentKind.CAPTURED, amount_minor=order.total.minor)
    use_cases.record_payment(paid)
    use_cases.request_refund(RequestRefund(actor=_ADMIN, order_id=order.id, amount_minor=250, reason="A tear."))
    failed = fact(reference=f"{order.reference}-failed", kind=PaymentKind.REFUND_FAILED, amount_minor=250)
    use_cases.record_payment(failed)


def _ship(use_cases: UseCases, order: Order) -> None:
    """Ship every unit, and authorize two returns: one to receive, and one to refuse."""
    use_cases.ship_units(ShipUnits(actor=_ADMIN, order_id=order.id, carrier="DHL", tracking_number="JD0001"))
    lines: Mapping[int, int] = {1: _UNITS // 10}
    for reason in ("It does not fit.", "It is no longer wanted."):
        use_cases.authorize_return(AuthorizeReturn(actor=_ADMIN, order_id=order.id, lines=lines, reason=reason))


def _is_open(order: Order) -> bool:
    return order.life.hold is None and order.status in OPEN_STATUSES


def _has_returns(order: Order) -> bool:
    return sum(bool(returned.open_units) for returned in order.life.returns) > 1


_SAMPLES: Mapping[str, _Sample] = {
    "open": _Sample(
        operations=(
            *("shop_get_order", "shop_get_order_history", "shop_record_payment", "shop_ship_units"),
            *("shop_cancel_units", "shop_annotate_order", "shop_annotate_order_tags", "shop_annotate_order_metadata"),
        ),
        is_ready=_is_open,
    ),
    "pending": _Sample(
        operations=("shop_confirm_order",),
        is_ready=lambda order: order.status is OrderStatus.PENDING and order.life.hold is None,
    ),
    "unheld": _Sample(operations=("shop_hold_order",), is_ready=_is_open),
    "held": _Sample(
        operations=("shop_release_order",),
        prepare=_hold,
        is_ready=lambda order: order.life.hold is not None,
    ),
    "paid": _Sample(
        operations=("shop_request_refund", "shop_retry_refund"),
        prepare=_pay,
        is_ready=lambda order: any(refund.state is RefundState.FAILED for refund in order.life.refunds),
    ),
    "shipped": _Sample(
        operations=(
            *("shop_record_shipment_event", "shop_authorize_return", "shop_receive_return", "shop_refuse_return"),
        ),
        prepare=_ship,
        is_ready=_has_returns,
    ),
}
