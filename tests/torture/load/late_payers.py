"""Late payers: their captures arrive when their order has expired, or is about to."""

from collections.abc import Callable

from tests.torture.load.shared import Shared
from tests.torture.load.shop import ShopActor

SHORTEST_EXPIRY = 60  # seconds, the least that the contract allows
POLLS = 60


class LatePayer(ShopActor):
    """`make_due` moves the deadline of an order to now."""

    pause = (0.5, 1.0)

    def __init__(self, name: str, shared: Shared, *, seed: int, make_due: Callable[[str], bool]) -> None:
        super().__init__(name, shared, seed=seed)
        self._make_due = make_due

    def act(self) -> None:
        lines = [{"product_id": self.chance.choice(sorted(self.shared.products)), "quantity": 2}]
        if not self.place({"lines": lines, "expires_in_seconds": SHORTEST_EXPIRY}):
            return
        total = int(self.order["totals"]["total_minor"])
        early = self.chance.choice((0, 0, total // 2))
        if early and not self.record("captured", early):
            return
        while not self._make_due(self.id):
            if self.shared.stopping.is_set():
                return
            self.wait(0.3, 0.6)
        if self.chance.random() < 0.7 and not self._has_expired():
            return
        if self.record("captured", total - early) and self.read():
            self._settle()

    def _has_expired(self) -> bool:
        for _ in range(POLLS):
            if not self.read() or self.shared.stopping.is_set():
                return False
            if self.order["status"] == "canceled":
                return True
            self.wait(0.3, 0.6)
        return False

    def _settle(self) -> None:
        """The provider refunds what was asked for."""
        for refund in list(self.order["refunds"]):
            if refund["state"] == "requested":
                self.record("refunded", int(refund["amount_minor"]))
