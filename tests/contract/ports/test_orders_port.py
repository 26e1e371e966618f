"""Contract of OrderRepository and UnitOfWork, on every adapter."""

from orders_adapters.testing.orders import OrderRepositoryTests


class TestOrderRepository(OrderRepositoryTests):
    pass
