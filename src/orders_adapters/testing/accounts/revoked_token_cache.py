"""Contract of RevokedTokenCache: each process sees every revocation, and a complete cache needs no store."""

from collections.abc import Callable

from orders_adapters.composite.cached_revoked_tokens import CachedRevokedTokens, directly
from orders_adapters.testing.accounts.revoked_tokens import REVOKED, numbers
from orders_adapters.testing.stores import StoreHarness
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokenCache


class CountedTokens:
    """Revoked tokens that count their calls."""

    def __init__(self, revoked_tokens: AllRevokedTokens) -> None:
        self._revoked_tokens = revoked_tokens
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        self.calls += 1
        return getattr(self._revoked_tokens, name)


class RevokedTokenCacheTests:
    """Promises of ``RevokedTokenCache``, in front of a store.

    A subclass has the fixtures ``store``: an empty store (``StoreHarness``); and ``new_cache``: each call returns the
    cache of another process, which is empty at first (``RevokedTokenCache``).
    """

    def test_revocation_is_visible_to_other_processes(
        self, store: StoreHarness, new_cache: Callable[[], RevokedTokenCache]
    ) -> None:
        first, second = (CachedRevokedTokens(store.denied, new_cache(), start=directly) for _ in range(2))
        for attempt in range(20):
            assert not second.is_revoked(numbers(f"mark {attempt}"))
            first.revoke({f"mark {attempt}": REVOKED})
            assert second.is_revoked(numbers(f"mark {attempt}"))

    def test_cache_of_many_revocations_is_complete(
        self, store: StoreHarness, new_cache: Callable[[], RevokedTokenCache]
    ) -> None:
        store.denied.revoke({f"mark {number}": REVOKED for number in range(2_001)})
        cache = new_cache()

        cache.refresh(store.denied)

        assert all(cache.lookup(numbers(f"mark {number}")) for number in range(0, 2_001, 7))
        assert cache.lookup(numbers("innocent")) is False

    def test_complete_cache_avoids_the_store(
        self, store: StoreHarness, new_cache: Callable[[], RevokedTokenCache]
    ) -> None:
        counted = CountedTokens(store.denied)
        revoked_tokens = CachedRevokedTokens(counted, new_cache(), start=directly)  # type: ignore[arg-type]
        revoked_tokens.revoke({"mark": REVOKED})
        revoked_tokens.is_revoked(numbers("innocent"))
        before = counted.calls

        assert [revoked_tokens.is_revoked(numbers(mark)) for mark in ("mark", "innocent", "mark")] == [
            True,
            False,
            True,
        ]

        assert counted.calls == before
