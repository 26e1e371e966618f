"""Settings that meet every requirement of production; nothing connects to their addresses."""

from tests.support.secrets import CART_SECRET, JWT_SECRET

PRODUCTION = {
    "ORDERS_ENV": "production",
    "JWT_SECRET": JWT_SECRET,
    "CART_SNAPSHOT_SECRET": CART_SECRET,
    "DATABASE_URL": "sqlite:///orders.db",
    "RABBITMQ_URL": "amqp://127.0.0.1:1",
}
