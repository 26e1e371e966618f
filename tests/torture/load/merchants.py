"""Merchants: they walk orders from a stock hold to payment, parcels, returns and refunds, over `/v1`."""

from datetime import UTC, datetime
from typing import Any

from tests.torture.load.shop import PATH, ShopActor, lines_of
from tests.torture.log import Outcome

HOLD_SECONDS = 7_200  # longer than a run, so that only an order ends a hold


class Merchant(ShopActor):
    """Each order takes over a hold of its units. A step that is refused or not answered ends the walk."""

    pause = (0.4, 0.8)

    def act(self) -> None:
        products = sorted(self.chance.sample(sorted(self.shared.products), k=2))
        lines = [{"product_id": product, "quantity": self.chance.randint(2, 4)} for product in products]
        hold = self._held(lines)
        if hold is None or not self._placed(lines, hold):
            return
        for step in (self._confirm, self._pay, self._hold, self._ship, self._deliver, self._take_back, self._refund):
            if self.shared.stopping.is_set() or not step():
                return
        self.read()

    def _held(self, lines: list[dict[str, int]]) -> str | None:
        key, body = self.new_id(), {"lines": lines, "seconds": HOLD_SECONDS}
        held = self.retry_until_final(
            "holds.take", "POST", "/v1/stock-holds", body, token=self.token, key=key, request_id=key
        )
        return held.order if held.outcome is Outcome.ACKNOWLEDGED else None

    def _placed(self, lines: list[dict[str, int]], hold: str) -> bool:
        """Place the order of the held units, or of fewer; another one cannot have the hold again."""
        if self.chance.random() < 0.3:
            lines = [{**lines[0], "quantity": 2}, *lines[1:]]
        body = {"lines": lines, "stock_hold_id": hold}
        if not self.place(body, subject=hold):
            return False
        order = self.order
        if self.chance.random() < 0.3:
            self.insist("shop.place", PATH, body, subject=f"{hold} again")
            self.order = order
        return True

    def _confirm(self) -> bool:
        return self.chance.random() < 0.5 or self.change("shop.confirm", f"{PATH}{self.id}/confirm", {})

    def _hold(self) -> bool:
        """At times hold the order, which then refuses a parcel, and release it; two holds or releases may contend."""
        if self.chance.random() < 0.6:
            return True
        path, hold = f"{PATH}{self.id}", {"reason": "The address is to be checked."}
        if self.chance.random() < 0.3:
            return self.contend("shop.hold", f"{path}/hold", hold) and self.contend(
                "shop.release", f"{path}/release", {}
            )
        if not self.change("shop.hold", f"{path}/hold", hold):
            return False
        if self.change("shop.ship", f"{path}/shipments", {}):
            self.shared.errors.append(AssertionError(f"The held order {self.id} was shipped."))
        return self.change("shop.release", f"{path}/release", {})

    def _pay(self) -> bool:
        """Authorize the total, and capture it at once or in two parts; more than it is refused."""
        total = int(self.order["totals"]["total_minor"])
        first = self.chance.choice((total, total // 2))
        if not self.record("authorized", total) or not self.record("captured", first):
            return False
        if self.chance.random() < 0.2:
            self.record("captured", total)
        return first == total or self.record("captured", total - first)

    def _ship(self) -> bool:
        """Ship a unit, cancel another one, and ship the others; at times two parcels contend for the same units."""
        path = f"{PATH}{self.id}/shipments"
        if not self.change("shop.ship", path, {"carrier": "DHL", "lines": lines_of({1: 1})}):
            return False
        if self.chance.random() < 0.3:
            units = {2: int(self.order["lines"][1]["quantity"])}
            if not self.contend("shop.ship", path, {"lines": lines_of(units)}):
                return False
        cancellation = {"lines": lines_of({1: 1}), "reason": "changed their mind"}
        if not self.change("shop.cancel", f"{PATH}{self.id}/cancel", cancellation):
            return False
        is_open = self.order["status"] != "shipped"
        return not is_open or self.change("shop.ship", path, {})

    def _deliver(self) -> bool:
        for shipment in list(self.order["shipments"]):
            at = datetime.now(UTC).isoformat()
            event = {"event_id": self.new_id(), "state": "delivered", "occurred_at": at}
            request = ("shop.track", f"/v1/shipments/{shipment['id']}/events", event)
            subject = f"{shipment['id']} {event['event_id']} delivered"
            if not self.change(*request, subject=subject):
                return False
            if self.chance.random() < 0.2:  # a carrier that repeats itself
                self.change(*request, subject=subject)
        return True

    def _take_back(self) -> bool:
        """Authorize a return of all units, and receive it in parts: one restocked, the others written off."""
        shipped = {int(line["number"]): int(line["shipped"]) for line in self.order["lines"]}
        body = {"lines": lines_of(shipped), "reason": "It does not fit."}
        if not self.change("shop.return", f"{PATH}{self.id}/returns", body):
            return False
        path = f"/v1/returns/{self.order['returns'][-1]['id']}/receive"
        parts: list[dict[str, Any]] = [{"number": 1, "quantity": 1, "restock": True}]
        if self.chance.random() < 0.3:
            parts = [{"number": 2, "quantity": shipped[2], "restock": True}]
            return self.contend("shop.receive", path, {"lines": parts})
        if not self.change("shop.receive", path, {"lines": parts}):
            return False
        if self.chance.random() < 0.3:
            refusal = f"/v1/returns/{self.order['returns'][-1]['id']}/refuse"
            return self.change("shop.refuse", refusal, {"reason": "It is worn."})
        others = [
            {"number": 2, "quantity": shipped[2] - 1, "restock": False},
            {"number": 2, "quantity": 1, "restock": True},
        ]
        return self.change("shop.receive", path, {"lines": others})

    def _refund(self) -> bool:
        """Ask for a refund twice, where the second one may exceed what is left, and settle the first.

        One that failed is asked for again, and settled.
        """
        total = int(self.order["totals"]["captured_minor"])
        amount, path = self.chance.randint(1, total), f"{PATH}{self.id}/refunds"
        if not self.change("shop.refund", path, {"amount_minor": amount, "reason": "A scratch."}):
            return False
        first = self.order["refunds"][-1]["id"]
        self.change("shop.refund", path, {"amount_minor": self.chance.randint(1, total), "reason": "Another one."})
        answer = self.chance.choice(("refunded", "refunded", "refund_failed"))
        if not self.record(answer, amount) or answer == "refunded":
            return answer == "refunded"
        failed = [refund["id"] for refund in self.order["refunds"] if refund["state"] == "failed"]
        if first not in failed or not self.change("shop.retry", f"{path}/{first}/retry", {}):
            return first not in failed  # the answer was about the other refund, of the same amount
        return self.record("refunded", amount)
