"""Add, change and restock products: for administrators."""

from dataclasses import dataclass, replace
from decimal import Decimal

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.model.money import Money
from orders_domain.model.product import MAX_STOCK, NewProduct, Product, ProductId, validate_stock
from orders_domain.ports.clock import Clock
from orders_domain.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProduct:
    actor: Actor
    product: NewProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProduct:
    """New values for some properties; None leaves one as it is."""

    actor: Actor
    product_id: ProductId
    name: str | None = None
    sku: str | None = None
    price: Decimal | int | float | None = None  # in major units of the currency it has
    stock: int | None = None
    low_stock_threshold: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestockProduct:
    """So many more of a product: 1 to 10^12.

    Raises:
        Refused: another quantity.
    """

    actor: Actor
    product_id: ProductId
    quantity: int

    def __post_init__(self) -> None:
        if type(self.quantity) is not int or not 1 <= self.quantity <= MAX_STOCK:
            raise InvalidValue(f"A quantity must be a whole number from 1 to {MAX_STOCK}.", field="quantity")


def add_product(request: AddProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Return the new product.

    Raises:
        AccessDenied: not an administrator.
        SkuTaken: another product has this sku.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        product = uow.products.add(request.product, by=request.actor, at=clock())
        uow.commit()
    return product


def update_product(request: UpdateProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Return the changed product. Orders placed before keep their prices.

    Raises:
        AccessDenied: not an administrator.
        ProductNotFound: no such product.
        SkuTaken: another product has this sku.
        Refused: a value that cannot be.
    """
    ADMIN_ONLY.authorize(request.actor)
    new = {
        name: value
        for name in ("name", "sku", "stock", "low_stock_threshold")
        if (value := getattr(request, name)) is not None
    }
    if request.stock is not None:
        validate_stock(request.stock)
    with uow:
        product = replace(uow.products.get_for_update(request.product_id), **new)
        if request.price is not None:
            product = replace(product, price=Money.of(request.price, product.price.currency, field="price"))
        uow.products.save(product, by=request.actor, at=clock())
        uow.commit()
    return product


def restock_product(request: RestockProduct, *, uow: UnitOfWork, clock: Clock) -> Product:
    """Return the product with so many more.

    Raises:
        AccessDenied: not an administrator.
        ProductNotFound: no such product.
        Refused: more than a product's stock can be.
    """
    ADMIN_ONLY.authorize(request.actor)
    with uow:
        product = uow.stock.restock(request.product_id, request.quantity, by=request.actor, at=clock())
        uow.commit()
    return product
