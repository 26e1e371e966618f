"""Contract of OrderRepository for carriers, on every adapter."""

from orders_adapters.testing.shipped_orders import ShippedOrderTests


class TestShippedOrders(ShippedOrderTests):
    pass
