"""Contract of OrderRepository and UnitOfWork, on every adapter."""

from orders_adapters.testing.orders import OrderRepositoryTests
from orders_adapters.testing.unit_of_work import UnitOfWorkTests


class TestOrderRepository(OrderRepositoryTests):
    pass


class TestUnitOfWork(UnitOfWorkTests):
    pass
