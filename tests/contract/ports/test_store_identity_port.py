"""Contract of StoreIdentity: stable until it is renewed, and then no number is given again."""

from orders_adapters.testing.examples import ADMIN, NOON, placed
from orders_adapters.testing.order_templates import weekly
from orders_adapters.testing.threads import at_once
from orders_domain import Money
from orders_domain.model.product import NewProduct
from tests.support.stores import Shop


def number(shop: Shop) -> int:
    order = placed()
    shop.add(order)
    return order.number or 0


def product_id(shop: Shop, sku: str) -> int:
    with shop.unit_of_work() as uow:
        product = uow.products.add(NewProduct(sku=sku, name=sku, price=Money(1, "USD"), stock=1), by=ADMIN, at=NOON)
        uow.commit()
    return int(product.id)


def test_identity_is_the_same_for_everybody(shop: Shop) -> None:
    identities = at_once(*[shop.identity.get] * 8)

    assert set(identities) == {shop.identity.get()}
    assert len(shop.identity.get()) == 32


def test_renewed_identity_differs(shop: Shop) -> None:
    first = shop.identity.get()
    shop.identity.renew(gap=1)

    assert shop.identity.get() != first


def test_renewal_skips_order_numbers(shop: Shop) -> None:
    last = [number(shop) for _ in range(3)][-1]

    least = shop.identity.renew(gap=100)

    assert least == last + 101
    assert [number(shop) for _ in range(2)] == [least, least + 1]
    assert shop.identity.renew(gap=100) == least + 102 == number(shop)


def test_empty_store_skips_numbers(shop: Shop) -> None:
    assert shop.identity.renew(gap=10) == 11 == number(shop)


def test_renewal_skips_ids_of_products_and_templates(shop: Shop) -> None:
    product, template = product_id(shop, "A"), shop.templates.add(weekly(), at=NOON).id

    shop.identity.renew(gap=100)

    assert product_id(shop, "B") >= product + 100
    assert shop.templates.add(weekly(), at=NOON).id >= template + 100
