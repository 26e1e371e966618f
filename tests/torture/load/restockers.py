"""Restockers: they add stock through the command line, each time another quantity."""

import subprocess
from collections import Counter

from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared
from tests.torture.log import Operation, Outcome, now
from tests.torture.service import Service


class Restocker(Actor):
    """Each restock of a product has a unique quantity, by which the ledger identifies it. None is retried."""

    pause = (2.0, 4.0)

    def __init__(self, name: str, shared: Shared, *, seed: int, service: Service) -> None:
        super().__init__(name, shared, seed=seed)
        self._service = service
        self._last: Counter[int] = Counter()

    def act(self) -> None:
        product = self.chance.choice(sorted(self.shared.products))
        self._last[product] += 1
        quantity = self._last[product]
        began, request_id = now(), self.new_id()
        try:
            done = self._service.run("products", "restock", str(product), str(quantity))
            succeeded, detail = done.returncode == 0, done.stderr.strip()[-200:]
        except subprocess.TimeoutExpired as error:
            succeeded, detail = False, str(error)
        self.shared.log.add(
            Operation(
                client=self.name,
                kind="products.restock",
                request_id=request_id,
                began=began,
                ended=now(),
                outcome=Outcome.ACKNOWLEDGED if succeeded else Outcome.UNKNOWN,
                subject=str(product),
                amount=quantity,
                detail=detail,
            )
        )
