"""Contract of RevokedTokens: a revocation is effective everywhere at once, and new for exactly one caller."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokenCache as InMemory
from orders_adapters.memory.revoked_tokens import NullRevokedTokenCache
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache as InRedis
from orders_domain.model.auth_token import ALWAYS, Revocation
from orders_domain.ports.revoked_tokens import AllRevokedTokens, RevokedTokenCache, RevokedTokens
from tests.support.examples import NOON
from tests.support.revocations import numbers, until
from tests.support.servers.redis import RedisServer
from tests.support.stores import Shop
from tests.support.threads import at_once

LATER = NOON + timedelta(hours=1)
REVOKED = until(LATER)


@pytest.fixture(params=["bare", "with no copy", "with a copy in memory", "with a copy in Redis"])
def revoked_tokens(request: pytest.FixtureRequest, shop: Shop, caches: Callable[[], InRedis]) -> RevokedTokens:
    made: dict[str, Callable[[], RevokedTokenCache]] = {
        "with no copy": NullRevokedTokenCache,
        "with a copy in memory": InMemory,
        "with a copy in Redis": caches,
    }
    return CachedRevokedTokens(shop.denied, made[request.param]()) if request.param in made else shop.denied


@pytest.fixture
def caches(redis_server: RedisServer) -> Iterator[Callable[[], InRedis]]:
    """Caches of several processes in one Redis."""
    made: list[InRedis] = []
    prefix = f"{redis_server.prefix}{uuid4().hex}:"

    def cache() -> InRedis:
        made.append(InRedis(redis_server.url, prefix=prefix, timeout=2.0))
        return made[-1]

    yield cache
    for made_cache in made:
        made_cache.close()


def test_new_token_is_not_revoked(revoked_tokens: RevokedTokens) -> None:
    assert not revoked_tokens.is_revoked(numbers("mark"))
    assert not revoked_tokens.is_revoked(numbers("mark", "other"))


def test_only_revoked_tokens_are_rejected(revoked_tokens: RevokedTokens) -> None:
    assert not revoked_tokens.is_revoked(numbers("mark"))

    assert revoked_tokens.revoke({"mark": REVOKED, "family": REVOKED}) == {"mark", "family"}

    for _ in range(3):
        assert revoked_tokens.is_revoked(numbers("mark"))
        assert revoked_tokens.is_revoked(numbers("family"))
        assert revoked_tokens.is_revoked(numbers("innocent", "mark"))
        assert not revoked_tokens.is_revoked(numbers("innocent"))
        assert not revoked_tokens.is_revoked(numbers("MARK", "mark "))


def test_second_revocation_returns_no_key(revoked_tokens: RevokedTokens) -> None:
    revoked_tokens.revoke({"mark": REVOKED})

    assert revoked_tokens.revoke({"mark": REVOKED}) == frozenset()
    assert revoked_tokens.revoke({"mark": REVOKED, "family": REVOKED}) == {"family"}
    assert revoked_tokens.is_revoked(numbers("family"))


def test_concurrent_revocation_is_new_once(revoked_tokens: RevokedTokens) -> None:
    for attempt in range(5):
        marks = {f"mark {attempt}": REVOKED, f"a family {attempt}": REVOKED}
        results = at_once(*[partial(revoked_tokens.revoke, marks)] * 12)

        new_keys = [result for result in results if isinstance(result, frozenset)]
        assert len(new_keys) == 12, results
        assert sorted(mark for new in new_keys for mark in new) == sorted(marks)


def test_only_smaller_numbers_are_revoked(revoked_tokens: RevokedTokens) -> None:
    revoked_tokens.revoke({"subject": Revocation(1_795_750_850_123_456, LATER), "family": Revocation(2, LATER)})

    for _ in range(3):
        assert revoked_tokens.is_revoked({"subject": 1_795_750_850_123_455})
        assert not revoked_tokens.is_revoked({"subject": 1_795_750_850_123_456})
        assert revoked_tokens.is_revoked({"family": 1, "subject": ALWAYS})
        assert not revoked_tokens.is_revoked({"family": 2, "subject": ALWAYS - 1})


def test_number_is_raised_but_never_lowered(revoked_tokens: RevokedTokens) -> None:
    assert revoked_tokens.revoke({"family": Revocation(2, LATER)}) == {"family"}
    assert revoked_tokens.revoke({"family": Revocation(2, LATER)}) == frozenset()
    assert revoked_tokens.revoke({"family": Revocation(1, LATER)}) == frozenset()
    assert [revoked_tokens.is_revoked({"family": number}) for number in (1, 2)] == [True, False]

    assert revoked_tokens.revoke({"family": Revocation(3, LATER)}) == {"family"}
    assert [revoked_tokens.is_revoked({"family": number}) for number in (2, 3)] == [True, False]
    assert revoked_tokens.revoke({"family": REVOKED}) == {"family"}
    assert revoked_tokens.is_revoked({"family": 3})


def test_raised_number_is_stored_until_later(revoked_tokens: RevokedTokens) -> None:
    revoked_tokens.revoke({"family": Revocation(1, NOON)})
    revoked_tokens.revoke({"family": Revocation(2, LATER)})

    assert revoked_tokens.prune(expired_before=LATER) == 0
    assert revoked_tokens.prune(expired_before=LATER + timedelta(seconds=1)) == 1


def test_expired_revocations_are_pruned_in_batches(revoked_tokens: RevokedTokens) -> None:
    revoked_tokens.revoke({f"old {number}": until(NOON) for number in range(5)} | {"young": REVOKED})

    assert revoked_tokens.prune(expired_before=NOON) == 0
    assert [revoked_tokens.prune(expired_before=LATER, limit=3) for _ in range(3)] == [3, 2, 0]

    assert revoked_tokens.is_revoked(numbers("young"))


def test_all_returns_none_above_the_limit(shop: Shop) -> None:
    valid_from = {f"mark {number}": number + 1 for number in range(5)}
    shop.denied.revoke({mark: Revocation(number, LATER) for mark, number in valid_from.items()})

    assert shop.denied.all(limit=5) == valid_from
    assert shop.denied.all(limit=4) is None


def test_revocation_is_visible_to_other_processes(shop: Shop, caches: Callable[[], InRedis]) -> None:
    first, second = (CachedRevokedTokens(shop.denied, caches()) for _ in range(2))
    for attempt in range(20):
        assert not second.is_revoked(numbers(f"mark {attempt}"))
        first.revoke({f"mark {attempt}": REVOKED})
        assert second.is_revoked(numbers(f"mark {attempt}"))


def test_cache_of_many_revocations_is_complete(shop: Shop, caches: Callable[[], InRedis]) -> None:
    shop.denied.revoke({f"mark {number}": REVOKED for number in range(2_500)})
    cache = caches()

    cache.refresh(shop.denied)

    assert all(cache.lookup(numbers(f"mark {number}")) for number in range(0, 2_500, 7))
    assert cache.lookup(numbers("innocent")) is False


class Counted:
    """Revoked tokens that count their calls."""

    def __init__(self, denied: AllRevokedTokens) -> None:
        self._denied = denied
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        self.calls += 1
        return getattr(self._denied, name)


@pytest.mark.parametrize("kind", ["memory", "Redis"])
def test_complete_cache_avoids_the_store(shop: Shop, caches: Callable[[], InRedis], kind: str) -> None:
    counted = Counted(shop.denied)
    revoked_tokens = CachedRevokedTokens(counted, InMemory() if kind == "memory" else caches())  # type: ignore[arg-type]
    revoked_tokens.revoke({"mark": REVOKED})
    revoked_tokens.is_revoked(numbers("innocent"))
    before = counted.calls

    assert [revoked_tokens.is_revoked(numbers(mark)) for mark in ("mark", "innocent", "mark")] == [True, False, True]

    assert counted.calls == before


def test_processes_of_an_embedded_store_agree(shop: Shop, tmp_path: Path) -> None:
    counted = Counted(shop.denied)
    first, second = (CachedRevokedTokens(counted, InMemory(tmp_path / "marker")) for _ in range(2))  # type: ignore[arg-type]
    for attempt in range(20):
        assert not second.is_revoked(numbers(f"mark {attempt}"))
        first.revoke({f"mark {attempt}": REVOKED})
        assert second.is_revoked(numbers(f"mark {attempt}"))
    assert not first.is_revoked(numbers("innocent"))
    before = counted.calls

    assert first.revoke({"own": REVOKED}) == {"own"}
    assert [first.is_revoked(numbers(mark)) for mark in ("own", "innocent")] == [True, False]

    assert counted.calls == before + 1


def test_concurrent_revocations_are_seen_by_all(shop: Shop, tmp_path: Path) -> None:
    processes = [CachedRevokedTokens(shop.denied, InMemory(tmp_path / "marker")) for _ in range(4)]
    for process in processes:
        process.is_revoked(numbers("innocent"))

    at_once(*[partial(processes[number % 4].revoke, {f"mark {number}": REVOKED}) for number in range(16)])

    for process in processes:
        assert [number for number in range(16) if not process.is_revoked(numbers(f"mark {number}"))] == []
