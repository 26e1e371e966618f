"""Final reads: every order over HTTP, and every revoked token on every worker."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.torture.checker.reads import FINAL
from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.readers import PATHS
from tests.torture.load.shared import PlacedOrder, Shared
from tests.torture.log import Operation, Outcome

MAX_ORDERS = 3_000
MAX_TOKENS = 100
TIMES = 6  # each connection may reach another worker
THREADS = 4


def read_everything(shared: Shared) -> None:
    operations = shared.log.operations
    orders = _placed(operations)
    if len(orders) > MAX_ORDERS:
        orders = Random(0).sample(orders, MAX_ORDERS)
    tokens = _dead_tokens(operations)[-MAX_TOKENS:]
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(THREADS):
            pool.submit(_look, shared, number, orders[number::THREADS], tokens[number::THREADS])


def _look(shared: Shared, number: int, orders: list[PlacedOrder], tokens: list[Operation]) -> None:
    reader = Actor(FINAL, shared, seed=number)
    for order in orders:
        path, token = f"{PATHS[order.contract]}{order.ref}", bearer_token(order.user)
        reader.retry_until_final(
            f"{order.contract}.read", "GET", path, token=token, order=order.ref, request_id=f"final {order.ref}"
        )
    for ending in tokens:
        for _ in range(TIMES):
            reader.close()
            path, token = f"/orders/user/{ending.client}?limit=1", str(ending.subject)
            reader.attempt("auth.use", "GET", path, token=token, subject=token, request_id="final token")
    reader.close()


def _placed(operations: Sequence[Operation]) -> list[PlacedOrder]:
    orders = {}
    for operation in operations:
        contract, _, verb = operation.kind.partition(".")
        if verb == "place" and operation.outcome is Outcome.ACKNOWLEDGED:
            orders[operation.request_id] = PlacedOrder(
                contract=contract, ref=str(operation.order), user=operation.client, at=operation.ended
            )
    return list(orders.values())


def _dead_tokens(operations: Sequence[Operation]) -> list[Operation]:
    return [
        operation
        for operation in operations
        if operation.kind in ("auth.logout", "auth.refresh") and operation.outcome is Outcome.ACKNOWLEDGED
    ]
