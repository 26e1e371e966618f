"""Contract of RevokedTokens, on every adapter."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.memory.revoked_tokens import InMemoryRevokedTokenCache as InMemory
from orders_adapters.memory.revoked_tokens import NullRevokedTokenCache
from orders_adapters.redis.revoked_token_cache import RedisRevokedTokenCache as InRedis
from orders_adapters.testing.accounts.revoked_token_cache import CountedTokens, RevokedTokenCacheTests
from orders_adapters.testing.accounts.revoked_tokens import (
    REVOKED,
    AllRevokedTokensTests,
    RevokedTokensTests,
    numbers,
)
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain.ports.accounts.revoked_tokens import RevokedTokenCache, RevokedTokens
from tests.support.servers.redis import RedisServer


@pytest.fixture(params=["bare", "with no copy", "with a copy in memory", "with a copy in Redis"])
def revoked_tokens(request: pytest.FixtureRequest, store: StoreHarness, caches: Callable[[], InRedis]) -> RevokedTokens:
    made: dict[str, Callable[[], RevokedTokenCache]] = {
        "with no copy": NullRevokedTokenCache,
        "with a copy in memory": InMemory,
        "with a copy in Redis": caches,
    }
    return (
        CachedRevokedTokens(store.denied, made[request.param](), start=directly)
        if request.param in made
        else store.denied
    )


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


class TestAllRevokedTokens(AllRevokedTokensTests):
    pass


class TestRevokedTokenCache(RevokedTokenCacheTests):
    @pytest.fixture(params=["memory", "Redis"])
    def new_cache(
        self, request: pytest.FixtureRequest, caches: Callable[[], InRedis], tmp_path: Path
    ) -> Callable[[], RevokedTokenCache]:
        return caches if request.param == "Redis" else partial(InMemory, tmp_path / "marker")


def test_processes_of_an_embedded_store_agree(store: StoreHarness, tmp_path: Path) -> None:
    counted = CountedTokens(store.denied)
    first, second = (CachedRevokedTokens(counted, InMemory(tmp_path / "marker"), start=directly) for _ in range(2))  # type: ignore[arg-type]
    for attempt in range(20):
        assert not second.is_revoked(numbers(f"mark {attempt}"))
        first.revoke({f"mark {attempt}": REVOKED})
        assert second.is_revoked(numbers(f"mark {attempt}"))
    assert not first.is_revoked(numbers("innocent"))
    before = counted.calls

    assert first.revoke({"own": REVOKED}) == {"own"}
    assert [first.is_revoked(numbers(mark)) for mark in ("own", "innocent")] == [True, False]

    assert counted.calls == before + 1


def test_concurrent_revocations_are_seen_by_all(store: StoreHarness, tmp_path: Path) -> None:
    processes = [CachedRevokedTokens(store.denied, InMemory(tmp_path / "marker"), start=directly) for _ in range(4)]
    for process in processes:
        process.is_revoked(numbers("innocent"))

    at_once(*[partial(processes[number % 4].revoke, {f"mark {number}": REVOKED}) for number in range(16)])

    for process in processes:
        assert [number for number in range(16) if not process.is_revoked(numbers(f"mark {number}"))] == []
