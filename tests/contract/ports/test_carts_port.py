"""Contract of OrderRepository for orders of carts, on every adapter."""

from orders_adapters.testing.cart_orders import CartOrderTests


class TestCartOrders(CartOrderTests):
    pass
