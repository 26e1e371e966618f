"""Planted defects of a service under test: the checker must detect each of them."""

from collections.abc import Callable, Mapping

from tests.torture.defects import commit, cursor, fence, stock

DEFECTS: Mapping[str, Callable[[], None]] = {
    "unconditional-stock": stock.plant,
    "cursor-relay": cursor.plant,
    "cache-without-fence": fence.plant,
    "early-acknowledgement": commit.plant,
}
