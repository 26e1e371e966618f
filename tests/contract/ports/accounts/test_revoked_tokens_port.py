"""Contract of RevokedTokens, on every adapter."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokenCache as InMemory
from orders_adapters.memory.revoked_tokens import NullRevokedTokenCache
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache as InRedis
from orders_adapters.testing.revoked_tokens import LATER, REVOKED, RevokedTokensTests, numbers
from orders_adapters.testing.threads import at_once
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache, RevokedTokens
from tests.support.servers.redis import RedisServer
from tests.support.stores import Shop


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


class TestRevokedTokens(RevokedTokensTests):
    pass


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
