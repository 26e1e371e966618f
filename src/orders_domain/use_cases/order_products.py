"""Order products of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from orders_domain import events
from orders_domain.actor import Actor
from orders_domain.address import Address
from orders_domain.errors import InsufficientStock, Refused
from orders_domain.money import Money
from orders_domain.once import Once
from orders_domain.order import Order
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.product import Demand, Line, Product, ProductId, Shortage, summed


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProducts:
    """So many of these products, to this address; the same product twice is added up."""

    actor: Actor
    demands: tuple[Demand, ...]
    address: Address | None = None
    once: Once | None = None


def order_products(request: OrderProducts, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> Order:
    """Return the new order; its stock is taken, at the prices of this moment (clauses 002-01, 002-02, 002-10).

    Raises:
        Refused: nothing is wanted, prices of several currencies, or a total that is no amount.
        InsufficientStock: products are short or unknown: all of those are named, and nothing was taken.
        AlreadyDone, KeyReused, KeyInUse: see ``Keys.claim``.
        StoreUnavailable: the store is away.
    """
    wanted = summed(request.demands)
    now = clock()
    with uow:
        if request.once:
            uow.keys.claim(request.once, at=now)
        products = uow.products.named(wanted)
        _require_enough(wanted, products)
        lines = [
            Line(product_id=product_id, quantity=quantity, unit_price=products[product_id].price)
            for product_id, quantity in wanted.items()
        ]
        order = Order.place(
            order_id=new_id(),
            lines=lines,
            total=_total(lines),
            address=request.address,
            by=request.actor,
            at=now,
        )
        uow.orders.add(order)
        low = uow.stock.take(order, by=request.actor, at=order.created_at)
        uow.tell([events.stock_low(product, order, by=request.actor) for product in low])
        if request.once:
            uow.keys.keep(request.once, order)
        uow.commit()
    return order


def _require_enough(wanted: Mapping[ProductId, int], products: Mapping[ProductId, Product]) -> None:
    """A first look, so that what cannot be is refused before anything is written; ``take`` decides."""
    short = [
        Shortage(
            product_id=product_id,
            name=product.name if product else None,
            requested=quantity,
            available=product.stock if product else 0,
        )
        for product_id, quantity in wanted.items()
        if (product := products.get(product_id)) is None or product.stock < quantity
    ]
    if short:
        raise InsufficientStock(tuple(short))


def _total(lines: list[Line]) -> Money:
    if not lines:
        raise Refused("An order has at least one item.", field="order_items")
    if len({line.unit_price.currency for line in lines}) > 1:
        raise Refused("The products' prices are in several currencies.", field="order_items")
    return Money(sum(line.subtotal.minor for line in lines), lines[0].unit_price.currency)
