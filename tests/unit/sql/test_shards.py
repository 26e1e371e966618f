"""Shards: an order has the same shard in every process and release."""

from collections import Counter
from uuid import UUID

from orders_adapters.sql.sharding import SHARDS, shard_of


def test_shard_of_an_order_is_stable() -> None:
    assert shard_of(UUID("0190b5a0-0000-7000-8000-000000000001")) == 13
    assert shard_of(UUID(int=0)) == 5


def test_consecutive_ids_spread_over_shards() -> None:
    first = UUID("0190b5a0-0000-7000-8000-000000000000").int

    crowds = Counter(shard_of(UUID(int=first + number)) for number in range(1_600))

    assert set(crowds) == set(range(SHARDS))
    assert max(crowds.values()) < 200
