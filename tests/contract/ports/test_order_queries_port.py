"""Contract of OrderQueries, on every adapter."""

from orders_adapters.testing.order_queries import OrderQueriesTests


class TestOrderQueries(OrderQueriesTests):
    pass
