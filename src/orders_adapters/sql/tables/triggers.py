"""Triggers that the migrations create, by dialect."""

_ENSURE_USER = frozenset({"ensure_user_of_orders", "ensure_user_of_order_templates"})
TRIGGERS = {"postgresql": _ENSURE_USER | {"notify_orders_outbox"}, "sqlite": _ENSURE_USER}
