"""Contract of OrderRepository and UnitOfWork, on every adapter."""

from orders_adapters.testing.life.order_life import OrderLifeTests
from orders_adapters.testing.life.order_life_queries import OrderLifeQueriesTests
from orders_adapters.testing.orders import OrderRepositoryTests
from orders_adapters.testing.unit_of_work import UnitOfWorkTests


class TestOrderRepository(OrderRepositoryTests):
    pass


class TestOrderLife(OrderLifeTests):
    pass


class TestOrderLifeQueries(OrderLifeQueriesTests):
    pass


class TestUnitOfWork(UnitOfWorkTests):
    pass
