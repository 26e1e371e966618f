"""Settings of orders: the limits of their content, and whether it takes stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.model.custom_item import ContentLimits
from orders_flask.settings.validation import require_one_of, require_within, setting

_LARGEST = 1_000_000  # a body has at most 1 MiB


@dataclass(frozen=True, kw_only=True)
class OrderSettings:
    """The limits of what a client may describe itself."""

    order_max_bytes: int = setting(
        "ORDER_MAX_BYTES", 65_536, "the most bytes of JSON of an order's own items, or of its cart; otherwise 422"
    )
    order_max_values: int = setting(
        "ORDER_MAX_VALUES", 10_000, "the most values in an order's own items, or in its cart; otherwise 422"
    )

    take_stock: str = setting(
        "TAKE_STOCK",
        "off",
        "`on`: an item of `orders` or `checkout` whose `sku` names a product of the catalogue takes its stock",
    )

    unpaid_order_seconds: int = setting(
        "UNPAID_ORDER_SECONDS",
        0,
        "an order that takes stock is canceled, and its stock given back, if it is neither paid nor held nor "
        "shipped after this time; 0: never. A `/v1` request may ask for less",
    )

    @property
    def takes_stock(self) -> bool:
        return self.take_stock == "on"

    @property
    def unpaid_expiry(self) -> timedelta | None:
        return timedelta(seconds=self.unpaid_order_seconds) if self.unpaid_order_seconds else None

    @property
    def content_limits(self) -> ContentLimits:
        return ContentLimits(max_bytes=self.order_max_bytes, max_values=self.order_max_values)

    def _check_orders(self) -> None:
        require_one_of("TAKE_STOCK", self.take_stock, "on", "off")
        require_within("UNPAID_ORDER_SECONDS", self.unpaid_order_seconds, 0, 31_536_000)
        require_within("ORDER_MAX_BYTES", self.order_max_bytes, 1_024, _LARGEST)
        require_within("ORDER_MAX_VALUES", self.order_max_values, 100, _LARGEST)
