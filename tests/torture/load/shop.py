"""Actor of the contract `shop`: it places orders and changes them under keys, with blind retries and double clicks."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.torture.client import Client
from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.shared import PlacedOrder, Shared
from tests.torture.log import Operation, Outcome

PATH = "/v1/orders/"
PROVIDER = "bank"
CONDITIONAL = ("shop.ship", "shop.cancel")
"""Changes that are at times sent for the version that the actor knows."""


class ShopActor(Actor):
    """The owner of its orders, with the scopes to pay, ship and take back. `order` is the last one it received."""

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self.token = bearer_token(name, scope="orders:write payments:write")
        self.second = Client(shared.port)
        self.order: Mapping[str, Any] = {}

    def close(self) -> None:
        super().close()
        self.second.close()

    @property
    def id(self) -> str:
        return str(self.order["id"])

    def place(self, body: Mapping[str, Any], *, subject: str | None = None) -> bool:
        """Place an order; return whether it was placed."""
        placed = self.insist("shop.place", PATH, body, subject=subject)
        if placed.outcome is not Outcome.ACKNOWLEDGED:
            return False
        self.shared.placed(PlacedOrder(contract="shop", ref=self.id, user=self.name))
        return True

    def change(self, kind: str, path: str, body: Mapping[str, Any], **options: Any) -> bool:
        """Change the order; return whether it was changed."""
        known = kind in CONDITIONAL and self.chance.random() < 0.5
        if_match = f'"{self.order["version"]}"' if known else "*"
        done = self.insist(kind, path, body, order=self.id, if_match=if_match, **options)
        return done.outcome is Outcome.ACKNOWLEDGED

    def contend(self, kind: str, path: str, body: Mapping[str, Any]) -> bool:
        """Send the same change under two keys at once, and read the result; return whether it could be read."""
        options: dict[str, Any] = {"order": self.id, "if_match": "*"}
        with self._meanwhile(self.new_id(), kind, path, body, **options):
            self._until_final(self.new_id(), kind, path, body, **options)
        return self.read()

    def read(self) -> bool:
        reading = self.retry_until_final("shop.read", "GET", f"{PATH}{self.id}", token=self.token, order=self.id)
        if reading.outcome is not Outcome.ACKNOWLEDGED:
            return False
        self.order = self.response.body
        return True

    def record(self, kind: str, amount: int) -> bool:
        """Record a fact of the payment provider, which at times repeats it, or states another amount and is refused."""
        reference = self.new_id()
        path, subject = f"{PATH}{self.id}/payments", f"{PROVIDER} {reference} {kind}"
        fact = {"provider": PROVIDER, "reference": reference, "kind": kind, "amount_minor": amount}
        recorded = self.change("shop.pay", path, fact, subject=subject, amount=amount)
        if recorded and self.chance.random() < 0.3:
            self.change("shop.pay", path, fact, subject=subject, amount=amount)
        if recorded and self.chance.random() < 0.1:
            other = fact | {"amount_minor": amount + 1}
            self.change("shop.pay", path, other, subject=subject, amount=amount + 1)
        return recorded

    def insist(self, kind: str, path: str, body: Mapping[str, Any], **options: Any) -> Operation:
        """Send a request under a key until its response is final: at times twice at once, and at times once more."""
        key, whim = self.new_id(), self.chance.random()
        if whim < 0.15:
            with self._meanwhile(key, kind, path, body, **options):
                done = self._until_final(key, kind, path, body, **options)
        else:
            done = self._until_final(key, kind, path, body, **options)
        if done.outcome is Outcome.ACKNOWLEDGED:
            self.order = self.response.body
        if whim > 0.8:  # a client that did not receive the response
            self.attempt(kind, "POST", path, body, token=self.token, key=key, request_id=key, **options)
        return done

    def _until_final(self, key: str, kind: str, path: str, body: Mapping[str, Any], **options: Any) -> Operation:
        return self.retry_until_final(kind, "POST", path, body, token=self.token, key=key, request_id=key, **options)

    @contextmanager
    def _meanwhile(self, key: str, kind: str, path: str, body: Mapping[str, Any], **options: Any) -> Iterator[None]:
        """Send a request on the second connection until its response is final, while the block runs."""

        def send() -> None:
            self._until_final(key, kind, path, body, client=self.second, **options)

        thread = threading.Thread(target=send, name=f"{self.name} again")
        thread.start()
        try:
            yield
        finally:
            thread.join()


def lines_of(units: Mapping[int, int]) -> Sequence[Mapping[str, int]]:
    """The units by the number of their line, as requests have them."""
    return [{"number": number, "quantity": quantity} for number, quantity in units.items()]
