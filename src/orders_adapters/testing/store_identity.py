"""Contract of StoreIdentity: stable until it is renewed, and then no number is given again."""

from orders_adapters.testing.examples import ADMIN, NOON, placed
from orders_adapters.testing.order_templates import weekly
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Money
from orders_domain.model.product import NewProduct


def number(store: StoreHarness) -> int:
    order = placed()
    store.add(order)
    return order.number or 0


def product_id(store: StoreHarness, sku: str) -> int:
    with store.unit_of_work() as uow:
        product = uow.products.add(NewProduct(sku=sku, name=sku, price=Money(1, "USD"), stock=1), by=ADMIN, at=NOON)
        uow.commit()
    return int(product.id)


class StoreIdentityTests:
    """Promises of ``StoreIdentity``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_identity_is_the_same_for_everybody(self, store: StoreHarness) -> None:
        identities = at_once(*[store.identity.get] * 8)

        assert set(identities) == {store.identity.get()}
        assert len(store.identity.get()) == 32

    def test_renewed_identity_differs(self, store: StoreHarness) -> None:
        first = store.identity.get()
        store.identity.renew(gap=1)

        assert store.identity.get() != first

    def test_renewal_skips_order_numbers(self, store: StoreHarness) -> None:
        last = [number(store) for _ in range(3)][-1]

        least = store.identity.renew(gap=100)

        assert least == last + 101
        assert [number(store) for _ in range(2)] == [least, least + 1]
        assert store.identity.renew(gap=100) == least + 102 == number(store)

    def test_empty_store_skips_numbers(self, store: StoreHarness) -> None:
        assert store.identity.renew(gap=10) == 11 == number(store)

    def test_renewal_skips_ids_of_products_and_templates(self, store: StoreHarness) -> None:
        product, template = product_id(store, "A"), store.templates.add(weekly(), at=NOON).id

        store.identity.renew(gap=100)

        assert product_id(store, "B") >= product + 100
        assert store.templates.add(weekly(), at=NOON).id >= template + 100
