"""Contract of OrderQueries, on every adapter."""

from orders_adapters.testing.order_queries import OrderQueriesTests
from orders_adapters.testing.order_search import OrderSearchTests


class TestOrderQueries(OrderQueriesTests):
    pass


class TestOrderSearch(OrderSearchTests):
    pass
