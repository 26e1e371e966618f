"""Kinds of operations, and the statuses that their contracts allow: a table that the checker uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.torture.client import Response
from tests.torture.log import Outcome

RETRY = frozenset({503})  # the store is unavailable or busy


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One operation of a contract. A status outside these sets is not allowed."""

    name: str
    acknowledged: frozenset[int] = frozenset({200})
    refused: frozenset[int] = frozenset()
    retry: frozenset[int] = RETRY

    def outcome(self, response: Response) -> Outcome:
        if response.status in self.acknowledged:
            return Outcome.ACKNOWLEDGED
        if response.status == 409 and _is_shortage(response.body):  # ostore: a final 409
            return Outcome.REFUSED
        if response.status in self.retry or _is_in_progress(response.body):
            return Outcome.RETRY
        return Outcome.REFUSED if response.status in self.refused else Outcome.FORBIDDEN


def _is_shortage(body: Any) -> bool:
    return isinstance(body, dict) and "unavailableItems" in body


def _is_in_progress(body: Any) -> bool:
    """Whether the first request under the key is still in progress, in the words of the contract `shop`."""
    return isinstance(body, dict) and body.get("code") == "request_in_progress"


def _kind(name: str, *, ok: tuple[int, ...] = (200,), no: tuple[int, ...] = (), again: tuple[int, ...] = ()) -> Kind:
    return Kind(name=name, acknowledged=frozenset(ok), refused=frozenset(no), retry=RETRY | set(again))


# 409 of a placement: the first request under the key is still in progress.
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("orders.place", ok=(201,), no=(422,), again=(409,)),
        _kind("orders.change", no=(404, 409)),
        _kind("orders.read", no=(404,)),
        _kind("orders.list"),
        _kind("management.place", no=(400,), again=(409,)),
        _kind("management.read", no=(404,)),
        _kind("management.list"),
        _kind("management.delete", no=(400, 404)),
        _kind("management.status", no=(400, 404)),
        _kind("management.search"),
        _kind("management.bulk", ok=(200, 202)),
        _kind("management.job"),
        _kind("products.add", ok=(201,)),
        _kind("ostore.place", ok=(201,), no=(400,), again=(409,)),
        _kind("ostore.read", no=(404,)),
        _kind("checkout.place", ok=(200, 201), no=(422,), again=(409,)),
        _kind("checkout.read", no=(404,)),
        _kind("checkout.cancel", no=(404, 409)),
        _kind("shop.place", ok=(201,), no=(409, 422)),
        _kind("shop.read", no=(404,)),
        _kind("shop.pay", ok=(200, 201), no=(409,)),
        _kind("shop.refund", ok=(201,), no=(409,)),
        _kind("shop.ship", ok=(201,), no=(409, 412)),
        _kind("shop.track", no=(409,)),
        _kind("shop.cancel", no=(409, 412)),
        _kind("shop.return", ok=(201,), no=(409,)),
        _kind("shop.receive", no=(409,)),
        _kind("shop.refuse", no=(409,)),
        _kind("shop.retry", no=(409,)),
        _kind("shop.confirm", no=(409,)),
        _kind("shop.hold", no=(409,)),
        _kind("shop.release", no=(409,)),
        _kind("holds.take", ok=(201,), no=(409,)),
        _kind("holds.end", ok=(204,), no=(404,)),
        _kind("feed.read"),
        _kind("auth.login", again=(429,)),
        _kind("auth.refresh", no=(401,)),
        _kind("auth.logout", no=(401,)),
        _kind("auth.use", no=(401,)),
        _kind("products.restock"),  # through the command line
        _kind("carrier.publish"),  # through the broker
        _kind("payments.publish"),
    )
}
PLACING = frozenset(name for name in KINDS if name.endswith(".place"))
READING = frozenset(name for name in KINDS if name.endswith(".read"))
