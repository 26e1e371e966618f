"""Triggers that the migrations create, by dialect."""

_BOTH = frozenset({"ensure_user_of_orders", "ensure_user_of_order_templates", "set_position_of_order_history"})
TRIGGERS = {"postgresql": _BOTH | {"notify_orders_outbox"}, "sqlite": _BOTH}
