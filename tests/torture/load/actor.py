"""Actor of the load: one thread, one connection, its own random numbers, and every attempt in the log."""

import threading
from random import Random
from typing import Any

from tests.torture.client import Client, NoResponse, Response
from tests.torture.load.kinds import KINDS
from tests.torture.load.shared import Shared
from tests.torture.log import Operation, Outcome, now


class Actor:
    """Subclasses implement one round in `act`."""

    pause = (0.01, 0.08)  # seconds between two rounds

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        self.name = name
        self.shared = shared
        self.chance = Random(f"{seed} {name}")
        self.client = Client(shared.port)
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._count = 0

    def act(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.client.close()

    def new_id(self) -> str:
        """An id that is unique in the run."""
        self._count += 1
        return f"{self.name}.{self._count}"

    def wait(self, min_seconds: float, max_seconds: float) -> None:
        self.shared.stopping.wait(self.chance.uniform(min_seconds, max_seconds))

    def retry_until_final(self, kind: str, method: str, path: str, body: object = None, **options: Any) -> Operation:
        """Repeat a request under one id until its response is final."""
        request_id = options.pop("request_id", None) or self.new_id()
        while True:
            operation = self.attempt(kind, method, path, body, request_id=request_id, **options)
            final = operation.outcome not in (Outcome.UNKNOWN, Outcome.RETRY)
            if final or not self.shared.patient:
                return operation
            threading.Event().wait(self.chance.uniform(0.05, 0.5))

    def attempt(
        self,
        kind: str,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str,
        request_id: str | None = None,
        key: str | None = None,
        order: str | None = None,
        subject: str | None = None,
        amount: int | None = None,
        client: Client | None = None,
        prefer: str | None = None,
        if_match: str | None = None,
    ) -> Operation:
        """Send a request once and log its outcome; `response` is the last one on the actor's own connection."""
        request_id = request_id or self.new_id()
        headers = {"X_Request_ID": request_id} | ({"Idempotency_Key": key} if key else {})
        headers |= {"Prefer": prefer} if prefer else {}
        headers |= {"If_Match": if_match} if if_match else {}
        began = now()
        try:
            response = (client or self.client).send(method, path, body, token=token, **headers)
        except NoResponse as error:
            threading.Event().wait(0.1)  # a refused connection returns at once, and an immediate retry would not help
            facts: dict[str, Any] = {"outcome": Outcome.UNKNOWN, "detail": str(error)}
        else:
            outcome = KINDS[kind].outcome(response)
            facts = {"outcome": outcome, "status": response.status, "version": response.version}
            facts |= _facts(response) if outcome is not Outcome.FORBIDDEN else {"detail": str(response.body)[:300]}
            if client is None:
                self.response = response
        facts["order"] = facts.get("order") or order
        facts |= {"subject": subject, "amount": amount}
        operation = Operation(client=self.name, kind=kind, request_id=request_id, began=began, ended=now(), **facts)
        self.shared.log.add(operation)
        return operation

    def _run(self) -> None:
        try:
            while not self.shared.stopping.is_set():
                self.act()
                self.wait(*(seconds * self.shared.pace for seconds in self.pause))
        except BaseException as error:  # noqa: BLE001 - the run reports it as its own flaw
            self.shared.errors.append(error)
        finally:
            self.close()


def _facts(response: Response) -> dict[str, Any]:
    """The order of a response, and its status."""
    body = response.body if isinstance(response.body, dict) else {}
    body = body.get("order") or body
    names = ("id", "order_id", "orderID", "orderId")
    order = next((str(body[name]) for name in names if body.get(name) is not None), None)
    return {"order": order, "word": body.get("status") if order else None}
