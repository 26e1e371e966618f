"""Triggers that the migrations create, by dialect, and the table that they fill."""

WORD_INDEX = "order_word_index"
"""SQLite's table of the words of orders, with a row for each word and order."""

_BOTH = frozenset({"ensure_user_of_orders", "ensure_user_of_order_templates", "set_position_of_order_history"})
_INDEXING = frozenset({"index_words_of_order_words", "replace_words_of_order_words"})
TRIGGERS = {"postgresql": _BOTH | {"notify_orders_outbox"}, "sqlite": _BOTH | _INDEXING}
