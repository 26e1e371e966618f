"""Stock = initial + restocks - units of live orders and holds = ledger, by product; items = deducted units."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.torture.checker import life
from tests.torture.checker.evidence import Evidence, Violation
from tests.torture.log import Outcome

PROMISE = "stock = initial + restocks - live orders = ledger = items"


def check(evidence: Evidence) -> Iterator[Violation]:
    yield from _restocks(evidence)
    yield from _products(evidence)
    yield from _orders(evidence)


def _products(evidence: Evidence) -> Iterator[Violation]:
    ledger: Counter[int] = Counter()
    restocked: Counter[int] = Counter()
    held: Counter[int] = Counter()
    for row in evidence.stores.movements:
        ledger[row["product_id"]] += row["quantity"]
        if row["kind"] in ("held", "hold_ended"):
            held[row["product_id"]] -= row["quantity"]
        if row["kind"] == "restocked":
            restocked[row["product_id"]] += row["quantity"]
    for row in evidence.stores.items:
        if _lives(evidence, row["order_id"]):
            held[row["product_id"]] += row["quantity"]
    for order in {row["order_id"] for row in evidence.stores.items}:
        if _lives(evidence, order):
            held.subtract(_released(evidence, order))
    for row in evidence.stores.products:
        product, stock = row["id"], row["stock_quantity"]
        expected = evidence.initial_stock[product] + restocked[product] - held[product]
        if stock < 0 or stock != expected or stock != ledger[product]:
            detail = f"stock {stock}, expected {expected}, ledger {ledger[product]}"
            yield Violation(promise=PROMISE, subject=f"product {product}", detail=detail)


def _restocks(evidence: Evidence) -> Iterator[Violation]:
    """The quantity identifies a restock: each is in the ledger once, or at most once if its outcome is unknown."""
    restocks = Counter(
        (str(row["product_id"]), row["quantity"]) for row in evidence.stores.movements if row["kind"] == "restocked"
    )
    for operation in evidence.operations:
        if operation.kind == "products.restock":
            count = restocks.pop((str(operation.subject), operation.amount), 0)
            if count > 1 or (count == 0 and operation.outcome is Outcome.ACKNOWLEDGED):
                yield Violation(
                    promise=PROMISE, subject=f"restock {operation.request_id}", detail=f"is in the ledger {count}x"
                )
    for product, quantity in restocks:
        yield Violation(promise=PROMISE, subject=f"product {product}", detail=f"no client restocked {quantity}")


def _orders(evidence: Evidence) -> Iterator[Violation]:
    """Each order deducted the quantities of its items. It released all of them only if it is no longer live.

    A live one released the units of its lines that were cancelled, and those that came back to be restocked, once.
    """
    items: dict[str, Counter[int]] = defaultdict(Counter)
    taken: dict[str, Counter[int]] = defaultdict(Counter)
    back: dict[str, Counter[int]] = defaultdict(Counter)
    for row in evidence.stores.items:
        items[row["order_id"]][row["product_id"]] += row["quantity"]
    for row in evidence.stores.movements:
        if row["kind"] in ("deducted", "released"):
            sign, book = (-1, taken) if row["kind"] == "deducted" else (1, back)
            book[row["order_id"]][row["product_id"]] += sign * row["quantity"]
    for order in {*items, *taken, *back}:
        expected = _released(evidence, order) if _lives(evidence, order) else taken[order]
        if taken[order] != items[order] or back[order] != expected:
            detail = f"items {dict(items[order])}, taken {dict(taken[order])}, given back {dict(back[order])}"
            yield Violation(promise=PROMISE, subject=f"order {order}", detail=detail)


def _released(evidence: Evidence, order: str) -> Counter[int]:
    entries = evidence.history.get(order, ())
    return life.folded(evidence.orders[order], entries).released if entries else Counter()


def _lives(evidence: Evidence, order: str) -> bool:
    row = evidence.orders.get(order)
    return row is not None and row["status"] != "CANCELED" and row["deleted_at"] is None
