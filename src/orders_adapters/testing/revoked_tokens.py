"""Contract of RevokedTokens: a revocation is effective everywhere at once, and new for exactly one caller."""

from datetime import timedelta
from functools import partial

from orders_adapters.testing.examples import NOON
from orders_adapters.testing.threads import at_once
from orders_domain.ports.revoked_tokens import RevokedTokens

LATER = NOON + timedelta(hours=1)


class RevokedTokensTests:
    """Promises of ``RevokedTokens``.

    A subclass has the fixture ``revoked_tokens``: an empty list of revoked tokens.
    """

    def test_new_token_is_not_revoked(self, revoked_tokens: RevokedTokens) -> None:
        assert not revoked_tokens.is_revoked(["mark"])
        assert not revoked_tokens.is_revoked(["mark", "other"])

    def test_only_revoked_tokens_are_rejected(self, revoked_tokens: RevokedTokens) -> None:
        assert not revoked_tokens.is_revoked(["mark"])

        assert revoked_tokens.revoke({"mark": LATER, "family": LATER}) == {"mark", "family"}

        for _ in range(3):
            assert revoked_tokens.is_revoked(["mark"])
            assert revoked_tokens.is_revoked(["family"])
            assert revoked_tokens.is_revoked(["innocent", "mark"])
            assert not revoked_tokens.is_revoked(["innocent"])
            assert not revoked_tokens.is_revoked(["MARK", "mark "])

    def test_second_revocation_returns_no_key(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({"mark": LATER})

        assert revoked_tokens.revoke({"mark": LATER}) == frozenset()
        assert revoked_tokens.revoke({"mark": LATER, "family": LATER}) == {"family"}
        assert revoked_tokens.is_revoked(["family"])

    def test_concurrent_revocation_is_new_once(self, revoked_tokens: RevokedTokens) -> None:
        for attempt in range(5):
            marks = {f"mark {attempt}": LATER, f"a family {attempt}": LATER}
            results = at_once(*[partial(revoked_tokens.revoke, marks)] * 12)

            new_keys = [result for result in results if isinstance(result, frozenset)]
            assert len(new_keys) == 12, results
            assert sorted(mark for new in new_keys for mark in new) == sorted(marks)

    def test_expired_revocations_are_pruned_in_batches(self, revoked_tokens: RevokedTokens) -> None:
        revoked_tokens.revoke({f"old {number}": NOON for number in range(5)} | {"young": LATER})

        assert revoked_tokens.prune(expired_before=NOON) == 0
        assert [revoked_tokens.prune(expired_before=LATER, limit=3) for _ in range(3)] == [3, 2, 0]

        assert revoked_tokens.is_revoked(["young"])
