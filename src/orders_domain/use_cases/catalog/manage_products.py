"""Use cases: add, update and restock products, for administrators."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from orders_domain.errors import IdempotencyKeyReused, InvalidValue
from orders_domain.model import events
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.product import MAX_STOCK, NewProduct, Product, ProductId, validate_stock
from orders_domain.model.values.money import Money
from orders_domain.ports.clock import Clock
from orders_domain.ports.inbox import Inbox
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProduct:
    actor: Actor
    product: NewProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProduct:
    """New values of a product; None leaves a value unchanged, and a blank description removes it."""

    actor: Actor
    product_id: ProductId
    name: str | None = None
    sku: str | None = None
    price: Decimal | int | float | None = None  # in major units; the currency is unchanged
    stock: int | None = None
    low_stock_threshold: int | None = None
    description: str | None = None
    versions: frozenset[int] | None = None  # expected versions of the product; None for any


@dataclass(frozen=True, slots=True, kw_only=True)
class RestockProduct:
    """The quantity to add to the stock of a product, 1 to 10^12.

    Raises:
        InvalidValue: another quantity.
    """

    actor: Actor
    product_id: ProductId
    quantity: int
    versions: frozenset[int] | None = None  # expected versions of the product; None for any
    idempotency_key: IdempotencyKey | None = None  # a repeated request with it adds nothing

    def __post_init__(self) -> None:
        if type(self.quantity) is not int or not 1 <= self.quantity <= MAX_STOCK:
            raise InvalidValue(f"A quantity must be a whole number from 1 to {MAX_STOCK}.", field="quantity")


def add_product(request: AddProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Store and return a new product.

    Raises:
        AccessDenied: the actor is not an administrator.
        SkuTaken: another product has this sku.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        product = uow.products.add(request.product, by=request.actor, at=clock())
        uow.commit()
    return product


def update_product(request: UpdateProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Update and return the product. The prices of existing orders do not change.

    Administrators are alerted if this brings the product to its threshold (clause 002-30).

    Raises:
        AccessDenied: the actor is not an administrator.
        ProductNotFound: the product does not exist.
        VersionMismatch: the product has none of the expected versions.
        SkuTaken: another product has this sku.
        InvalidValue: a value is not allowed.
    """
    ADMIN_ONLY.authorize(request.actor)
    changes = {
        name: value
        for name in ("name", "sku", "stock", "low_stock_threshold", "description")
        if (value := getattr(request, name)) is not None
    }
    if request.stock is not None:
        validate_stock(request.stock)
    with uow:
        before = uow.products.get_for_update(request.product_id)
        before.ensure_version(request.versions)
        product = replace(before, **changes)
        if request.price is not None:
            product = replace(product, price=Money.of(request.price, product.price.currency, field="price"))
        at = clock()
        product = uow.products.save(product, by=request.actor, at=at)
        uow.publish(events.stock_low_events(before, product, by=request.actor, at=at))
        uow.commit()
    return product


def restock_product(request: RestockProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Add to the stock and return the product; unlike a new value of the stock, this cannot bring sold units back.

    Raises:
        AccessDenied: the actor is not an administrator.
        ProductNotFound: the product does not exist.
        VersionMismatch: the product has none of the expected versions.
        InvalidValue: the stock would exceed its maximum.
        IdempotencyKeyReused: the key was used for another request.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        # Locked before the clock is read, so that the product's changes are dated in their sequence.
        product, at = uow.products.get_for_update(request.product_id), clock()
        if request.idempotency_key and not _is_new(request.idempotency_key, uow.inbox, at=at):
            return product
        product.ensure_version(request.versions)
        product = uow.stock.restock(request.product_id, request.quantity, by=request.actor, at=at)
        uow.commit()
    return product


def _is_new(key: IdempotencyKey, inbox: Inbox, *, at: datetime) -> bool:
    """Record the key, and the key with its request; return False if both were recorded before.

    The inbox has the keys, because those of the store belong to orders.

    Raises:
        IdempotencyKeyReused: the key was recorded with another request.
    """
    name = hashlib.sha256(repr((key.subject, key.scope, key.key)).encode()).hexdigest()
    key_is_new, request_is_new = (
        inbox.record(recorded, scope="restock", at=at) for recorded in (name, f"{name} {key.fingerprint}")
    )
    if request_is_new and not key_is_new:
        raise IdempotencyKeyReused
    return key_is_new
