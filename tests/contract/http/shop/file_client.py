"""Exports and imports over HTTP, run as the job worker of a web process runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from orders_domain import Role
from tests.support.client import Answer, Caller, as_json
from tests.support.service_stack import Stack

HEADER = "sku,name,price,stock_quantity\n"


@dataclass(frozen=True)
class Operator:
    """A caller with own exports and imports."""

    stack: Stack
    caller: Caller

    def start(self, kind: str, *, key: str | None = None, **sent: Any) -> Answer:
        return self.caller.ask("POST", f"/v1/{kind}", headers={"Idempotency-Key": key or str(uuid4())}, **sent)

    def export(self, *, key: str | None = None, **body: Any) -> Answer:
        return self.start("exports", key=key, **as_json(body))

    def imported(self, file: str | bytes, *, query: str = "", media_type: str = "text/csv", **options: Any) -> Answer:
        return self.start(f"imports{query}", data=file, content_type=media_type, **options)

    def job(self, accepted: Answer) -> dict[str, Any]:
        assert accepted.status_code == 202, accepted.text
        return dict(self.get(accepted.headers["Location"]).json)

    def get(self, path: str, **headers: str) -> Answer:
        return self.caller.ask("GET", path, headers=headers)

    def done(self, accepted: Answer) -> dict[str, Any]:
        """The job after it has been run to its end."""
        for _ in range(20):
            if (job := self.job(accepted))["status"] in ("done", "failed"):
                return job
            run(self.stack)
        raise AssertionError(job)


def run(stack: Stack) -> None:
    stack.container.job_worker(wait=lambda _: None).step()


def operator(stack: Stack, *, role: Role = Role.ADMIN, scopes: tuple[str, ...] = ()) -> Operator:
    return Operator(stack, stack.caller(role=role, scopes=scopes))
