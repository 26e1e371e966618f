"""A denylist that asks its copy first, where that is known to be complete."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from orders_domain.ports.revoked_tokens import Denied, Recollection


class QuickDenylist:
    """The store's is the truth: what is denied is there first, and it decides where the copy does not know."""

    def __init__(self, truth: Denied, copy: Recollection) -> None:
        self._truth = truth
        self._copy = copy

    def deny(self, marks: Mapping[str, datetime]) -> frozenset[str]:
        new = self._truth.deny(marks)
        self._copy.add(marks)
        return new

    def denied(self, marks: Sequence[str]) -> bool:
        known = self._copy.recall(marks)
        if known is not None:
            return known
        answer = self._truth.denied(marks)
        self._copy.learn(self._truth)
        return answer

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        return self._truth.prune(expired_before=expired_before, limit=limit)
