"""Failed commit: nothing is stored or published, and the next commit is not affected."""

import pytest

from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_domain import OrderStatus
from orders_domain.errors import OrdersError, StoreContention, StoreUnavailable
from orders_domain.use_cases import RelayResult
from tests.support.shop import InMemoryShop


class FailsFirst(InMemoryUnitOfWork):
    """A unit of work whose first commit fails."""

    failure: OrdersError | None = None

    def commit(self) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        super().commit()


@pytest.fixture
def shop() -> InMemoryShop:
    shop = InMemoryShop()
    uow = FailsFirst(shop.store)
    shop.unit_of_work = lambda: uow
    return shop


def fail(shop: InMemoryShop, failure: OrdersError) -> None:
    uow = shop.unit_of_work()
    assert isinstance(uow, FailsFirst)
    uow.failure = failure


@pytest.mark.parametrize(
    "failure", [StoreUnavailable("gone"), StoreContention("given up")], ids=lambda error: error.code
)
def test_failed_commit_stores_and_publishes_nothing(shop: InMemoryShop, failure: OrdersError) -> None:
    fail(shop, failure)

    with pytest.raises(type(failure)):
        shop.place()

    assert (shop.store.orders, shop.store.histories, shop.store.outbox) == ({}, {}, {})
    assert shop.relay() == RelayResult()
    assert shop.place().version == 1
    assert shop.relay() == RelayResult(sent=1)


def test_failed_change_can_be_repeated(shop: InMemoryShop) -> None:
    order = shop.place()
    fail(shop, StoreUnavailable("gone"))

    with pytest.raises(StoreUnavailable):
        shop.change(order.id, OrderStatus.PAID)

    assert shop.get(order.id) == order
    assert shop.change(order.id, OrderStatus.PAID).version == 2
    assert len(shop.queries.history(order.id)) == len(shop.store.outbox) == 2


def test_rolled_back_order_is_not_in_next_commit(shop: InMemoryShop) -> None:
    fail(shop, StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable):
        shop.place()

    stored = shop.place()

    assert set(shop.store.orders) == set(shop.store.histories) == {stored.id}
    assert [message.event.order_id for message in shop.store.outbox.values()] == [stored.id]
