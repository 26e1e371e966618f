"""Administrators: single status changes, bulk changes, background jobs, and searches."""

from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared
from tests.torture.log import Outcome

MANY = 101  # number of orders of a bulk change that a background job does


class Administrator(Actor):
    pause = (0.05, 0.2)

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self.token = bearer_token(name, role="admin")

    def act(self) -> None:
        whim = self.chance.random()
        if whim < 0.1:
            self.attempt("management.search", "GET", "/api/v1/orders/?status=pending&limit=20", token=self.token)
        elif whim < 0.25:
            self._change_many(self.chance.randint(2, 8))
        elif whim < 0.28:
            self._change_many(MANY, prefer="respond-async")
        else:
            self._change_one()

    def _change_one(self) -> None:
        order = self.shared.pick(self.chance, "management", newest=100)
        if order is not None:
            path = f"/api/v1/orders/{order.ref}/status"
            body = {"status": self.chance.choice(("confirmed", "shipped", "delivered", "cancelled"))}
            self.retry_until_final("management.status", "PUT", path, body, token=self.token, order=order.ref)

    def _change_many(self, count: int, *, prefer: str | None = None) -> None:
        orders = self.shared.all_placed("management")[-count:]
        if len(orders) < count:
            return
        body = {"order_ids": [int(order.ref) for order in orders], "status": "confirmed"}
        path = "/api/v1/orders/bulk/status"
        if self.retry_until_final("management.bulk", "POST", path, body, token=self.token, prefer=prefer).status == 202:
            self._poll(self.response.body["job_id"])

    def _poll(self, job: str) -> None:
        while not self.shared.stopping.is_set():
            operation = self.attempt("management.job", "GET", f"/api/v1/orders/jobs/{job}", token=self.token)
            if operation.outcome is Outcome.ACKNOWLEDGED and self.response.body["status"] in ("done", "failed"):
                return
            self.wait(0.2, 0.5)
