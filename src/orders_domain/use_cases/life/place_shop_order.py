"""Use case: place an order of products and own items, with charges, a reference and a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from orders_domain.errors import AccessDenied, InvalidValue, Kind, OrdersError
from orders_domain.model import pricing
from orders_domain.model.custom_item import ContentLimits, CustomItem
from orders_domain.model.life.charges import Charge, added_total, shares
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import Product, ProductId, RequestedItem, quantities_by_product
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest
from orders_domain.use_cases.orders._stock import deduct_stock, despite_own_holds, end_hold_for_order


class ExpectedTotalMismatch(OrdersError):
    """The total differs from the one that the sender expects."""

    kind = Kind.CONFLICT
    code = "expected_total_mismatch"

    def __init__(self, *, expected_minor: int, total_minor: int) -> None:
        super().__init__(f"The total is {total_minor} minor units, not {expected_minor}.")
        self.expected_minor = expected_minor
        self.total_minor = total_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedSku:
    """A product by its sku, and the requested quantity; quantities are bounded as those of ``RequestedItem``."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedItem:
    """An item with a price that the sender states."""

    item: CustomItem
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShopOrder(PlacementRequest):
    """The requested lines, and the particulars. A charge's ``line`` is the position of a requested line, from 1.

    Only with the scope orders:write are prices, charges and references stated, or orders placed for others.
    """

    lines: tuple[RequestedItem | RequestedSku | PricedItem, ...]
    currency: str  # of items with a stated price
    user_id: str | None = None  # the owner of the order, by default the actor
    expected_total_minor: int | None = None
    stock_hold_id: UUID | None = None  # the hold that the order takes over


def place_shop_order(
    request: PlaceShopOrder,
    *,
    limits: ContentLimits = ContentLimits(),  # noqa: B008 - immutable
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new order, with its stock deducted. Own items come first among its lines, then products by their id.

    An order of products expires after ``expire_after`` if it is not paid then, or earlier if the request says so.

    Raises:
        AccessDenied: the request has what only orders:write permits.
        InvalidValue: no lines, an unknown sku, prices in several currencies, charges or a total that are not valid, or
            a stock hold that has ended or that the actor may not use.
        InsufficientStock: products have insufficient stock or are unknown; no stock is deducted.
        ExpectedTotalMismatch: the total is not the expected one.
        ReferenceTaken: another order of the source has the reference.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    _authorize(request)
    now, order_id, key = clock(), new_id(), request.idempotency_key
    skus = {line.sku for line in request.lines if isinstance(line, RequestedSku)}
    by_id = quantities_by_product(line for line in request.lines if isinstance(line, RequestedItem))
    build = partial(_build, limits=limits, expire_after=expire_after, order_id=order_id, at=now)
    # Skus, tags and holds need further statements, which only a unit of work has.
    if direct and not skus and not request.placing.life.tags and not request.stock_hold_id:
        placed = direct.place(
            lambda products: build(request, by_id, products),
            product_ids=by_id,
            idempotency_key=key,
            at=now,
        )
        if placed:
            return placed
    with uow:
        if key:
            uow.idempotency_keys.acquire(key, at=now)
        resolved = _with_product_ids(request, uow.products.get_by_sku_for_update(skus) if skus else {})
        quantities = quantities_by_product(line for line in resolved.lines if isinstance(line, RequestedItem))
        if request.stock_hold_id:
            end_hold_for_order(request.stock_hold_id, quantities, by=request.actor, at=now, uow=uow)

        def build_at_stock() -> Order:
            return build(resolved, quantities, uow.products.get_many(quantities) if quantities else {})

        owner = request.user_id or request.actor.subject
        order = despite_own_holds(build_at_stock, user_id=owner, by=request.actor, at=now, uow=uow)
        uow.orders.add(order)
        deduct_stock(order, by=request.actor, uow=uow)
        if key:
            uow.idempotency_keys.store(key, order)
        uow.commit()
    return order


def _authorize(request: PlaceShopOrder) -> None:
    if request.actor.has_scope("orders:write"):
        return
    reserved = {
        "the price of a line": any(isinstance(line, PricedItem) for line in request.lines),
        "charges": bool(request.placing.charges),
        "a reference": request.placing.source is not None,
        "the user": request.user_id not in (None, request.actor.subject),
    }
    if named := [what for what, given in reserved.items() if given]:
        raise AccessDenied(f"Only with the scope orders:write may a request state {' and '.join(named)}.")


def _with_product_ids(request: PlaceShopOrder, products: Mapping[str, Product]) -> PlaceShopOrder:
    lines = (
        line if isinstance(line, PricedItem) else requested_item(line, products, position=place)
        for place, line in enumerate(request.lines)
    )
    return replace(request, lines=tuple(lines))


def requested_item(
    line: RequestedItem | RequestedSku, products: Mapping[str, Product], *, position: int
) -> RequestedItem:
    """Return the line by the id of its product; ``products`` are those of the skus.

    Raises:
        InvalidValue: no product has the sku.
    """
    if isinstance(line, RequestedItem):
        return line
    if line.sku not in products:
        raise InvalidValue(f"There is no product with the sku {line.sku!r}.", field=f"lines.{position}.sku")
    return RequestedItem(product_id=products[line.sku].id, quantity=line.quantity)


def _build(
    request: PlaceShopOrder,
    quantities: Mapping[ProductId, int],
    products: Mapping[ProductId, Product],
    *,
    limits: ContentLimits,
    expire_after: timedelta | None,
    order_id: UUID,
    at: datetime,
) -> Order:
    pricing.ensure_in_stock(quantities, products)
    lines = pricing.build_lines(quantities, products)
    priced = [line for line in request.lines if isinstance(line, PricedItem)]
    currencies = {line.unit_price.currency for line in lines} or {request.currency}
    if len(currencies) > 1 or (priced and currencies != {request.currency}):
        raise InvalidValue("The prices of all lines must be in one currency.", field="currency")
    (currency,) = currencies
    subtotals = [line.quantity * line.unit_price_minor for line in priced] + [line.subtotal.minor for line in lines]
    charges = _numbered(request, list(quantities), len(priced))
    shares(subtotals, charges)
    total = added_total(subtotals, charges, currency)
    if request.expected_total_minor not in (None, total.minor):
        raise ExpectedTotalMismatch(expected_minor=request.expected_total_minor or 0, total_minor=total.minor)
    return Order.place(
        order_id=order_id,
        origin=Origin.SHOP,
        items=[line.item for line in priced],
        lines=lines,
        total=total,
        user_id=request.user_id,
        placing=replace(request.placing.expiring(expire_after if lines else None, at=at), charges=charges),
        limits=limits,
        by=request.actor,
        at=at,
    )


def _numbered(request: PlaceShopOrder, product_ids: list[ProductId], items: int) -> tuple[Charge, ...]:
    """Return the charges with the numbers of their lines instead of the positions in the request."""
    numbers: dict[int, int] = {}
    own = 0
    for position, line in enumerate(request.lines, start=1):
        if isinstance(line, RequestedItem):
            numbers[position] = items + product_ids.index(line.product_id) + 1
        else:
            own += 1
            numbers[position] = own
    for place, charge in enumerate(request.placing.charges):
        if charge.line is not None and charge.line not in numbers:
            raise InvalidValue(f"Must be the position of a line, 1 to {len(numbers)}.", field=f"charges.{place}.line")
    return tuple(
        charge if charge.line is None else replace(charge, line=numbers[charge.line])
        for charge in request.placing.charges
    )
