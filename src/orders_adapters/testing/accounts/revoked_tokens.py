"""Contract of RevokedTokens: a revocation is effective everywhere at once, and new for exactly one caller."""

from datetime import datetime, timedelta
from functools import partial

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain.model.accounts.auth_token import ALWAYS, Revocation
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens

LATER = NOON + timedelta(hours=1)


def until(at: datetime) -> Revocation:
    """The revocation of all tokens, stored until the given time."""
    return Revocation(ALWAYS, at)


def numbers(*keys: str) -> dict[str, int]:
    """The numbers of tokens without a time or a generation, by key."""
    return dict.fromkeys(keys, 0)


REVOKED = until(LATER)


class RevokedTokensTests:
    """Promises of ``RevokedTokens``.

    A subclass has the fixture ``revoked_tokens``: an empty list of revoked tokens.
    """

    def test_new_token_is_not_revoked(self, revoked_tokens: RevokedTokens) -> None:
        assert not revoked_tokens.is_revoked(numbers("mark"))
        assert not revoked_tokens.is_revoked(numbers("mark", "other"))

    def test_only_revoked_tokens_are_rejected(self, revoked_tokens: RevokedTokens) -> None:
        assert not revoked_tokens.is_revoked(numbers("mark"))

        assert revoked_tokens.revoke({"mark": REVOKED, "family": REVOKED}) == {"mark", "family"}

        for _ in range(3):
            assert revoked_tokens.is_revoked(numbers("mark"))
            assert revoked_tokens.is_revoked(numbers("family"))
            assert revoked_tokens.is_revoked(numbers("innocent", "mark"))
            assert not revoked_tokens.is_revoked(numbers("innocent"))
            assert not revoked_tokens.is_revoked(numbers("MARK", "mark "))

    def test_second_revocation_returns_no_key(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({"mark": REVOKED})

        assert revoked_tokens.revoke({"mark": REVOKED}) == frozenset()
        assert revoked_tokens.revoke({"mark": REVOKED, "family": REVOKED}) == {"family"}
        assert revoked_tokens.is_revoked(numbers("family"))

    def test_concurrent_revocation_is_new_once(self, revoked_tokens: RevokedTokens) -> None:
        for attempt in range(5):
            marks = {f"mark {attempt}": REVOKED, f"a family {attempt}": REVOKED}
            results = at_once(*[partial(revoked_tokens.revoke, marks)] * 12)

            new_keys = [result for result in results if isinstance(result, frozenset)]
            assert len(new_keys) == 12, results
            assert sorted(mark for new in new_keys for mark in new) == sorted(marks)

    def test_only_smaller_numbers_are_revoked(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({"subject": Revocation(1_795_750_850_123_456, LATER), "family": Revocation(2, LATER)})

        for _ in range(3):
            assert revoked_tokens.is_revoked({"subject": 1_795_750_850_123_455})
            assert not revoked_tokens.is_revoked({"subject": 1_795_750_850_123_456})
            assert revoked_tokens.is_revoked({"family": 1, "subject": ALWAYS})
            assert not revoked_tokens.is_revoked({"family": 2, "subject": ALWAYS - 1})

    def test_number_is_raised_but_never_lowered(self, revoked_tokens: RevokedTokens) -> None:
        assert revoked_tokens.revoke({"family": Revocation(2, LATER)}) == {"family"}
        assert revoked_tokens.revoke({"family": Revocation(2, LATER)}) == frozenset()
        assert revoked_tokens.revoke({"family": Revocation(1, LATER)}) == frozenset()
        assert [revoked_tokens.is_revoked({"family": number}) for number in (1, 2)] == [True, False]

        assert revoked_tokens.revoke({"family": Revocation(3, LATER)}) == {"family"}
        assert [revoked_tokens.is_revoked({"family": number}) for number in (2, 3)] == [True, False]
        assert revoked_tokens.revoke({"family": REVOKED}) == {"family"}
        assert revoked_tokens.is_revoked({"family": 3})

    def test_raised_number_is_stored_until_later(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({"family": Revocation(1, NOON)})
        revoked_tokens.revoke({"family": Revocation(2, LATER)})

        assert revoked_tokens.prune(expired_before=LATER) == 0
        assert revoked_tokens.prune(expired_before=LATER + timedelta(seconds=1)) == 1

    def test_expired_revocations_are_pruned_in_batches(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({f"old {number}": until(NOON) for number in range(5)} | {"young": REVOKED})

        assert revoked_tokens.prune(expired_before=NOON) == 0
        assert [revoked_tokens.prune(expired_before=LATER, limit=3) for _ in range(3)] == [3, 2, 0]

        assert revoked_tokens.is_revoked(numbers("young"))


class AllRevokedTokensTests:
    """Promises of ``AllRevokedTokens``, besides ``RevokedTokensTests``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_all_returns_none_above_the_limit(self, store: StoreHarness) -> None:
        valid_from = {f"mark {number}": number + 1 for number in range(5)}
        store.denied.revoke({mark: Revocation(number, LATER) for mark, number in valid_from.items()})

        assert store.denied.all(limit=5) == valid_from
        assert store.denied.all(limit=4) is None
