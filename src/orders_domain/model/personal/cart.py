"""Rules of the items that senders describe, and of signed carts."""

from __future__ import annotations

from collections.abc import Mapping

from orders_domain.model.personal.fates import Each, Fate, Rule, rules

ITEM = rules(
    Fate.PLAIN,
    "product_id productId sku quantity qty unit_price price unitPriceCents unit_price_minor currency",
)
"""An item that a sender describes: these members are kept if they are numbers or short texts, and no others."""
CART: Mapping[str, Rule] = {
    **rules(Fate.UNCHANGED, "snapshotId cartId cartVersion createdAt currency"),
    "userId": Fate.NULLED,
    "signature": Fate.REPLACED,  # it would be that of the erased content
    "items": Each(ITEM),
    "totals": rules(Fate.UNCHANGED, "itemCount totalQuantity subtotalCents currency"),
}
