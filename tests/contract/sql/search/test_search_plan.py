"""Search for orders among many: the indexes that serve it, its time, and what a placement writes for it."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_domain import Money, OrderFilter, OrderStatus, Origin
from orders_domain.model.order_filter import Sort
from orders_domain.model.search.search_text import SearchText
from tests.support.builders import NOON
from tests.support.depth import deep, effort

MANY = effort(20_000, 1_000_000)
SEARCHES = effort(2, 70)
LONGEST = 0.050  # seconds of 95 % of the searches; asserted in a deep run only
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu")

NUMBERED = """
    CREATE TABLE numbered AS SELECT
        n,
        CAST(lpad(to_hex(n), 12, '0') || '7000a' || substr(md5(CAST(n AS text)), 1, 15) AS uuid) AS id,
        CAST(:at AS timestamptz) + n * interval '30 seconds' AS at,
        translate(CAST(n * 7919 % 900 + 100 AS text), '0123456789', 'bcdfghjklm') || 'ana' AS first,
        translate(CAST(n * 104729 % 9000 + 1000 AS text), '0123456789', 'bcdfghjklm') || 'son' AS last,
        translate(CAST(CAST(800 * power((n * 15485863 % 1000) / 1000.0, 2) AS int) + 100 AS text),
                  '0123456789', 'bcdfghjklm') || 'town' AS city,
        lpad(CAST(n * 7907 % 8000 * 12 AS text), 5, '0') AS postal_code
    FROM generate_series(1, CAST(:many AS bigint)) AS numbers (n)
"""
ORDERS = """
    INSERT INTO orders (id, number, items, total_minor, currency, status, version, created_at, updated_at, origin,
                        source, reference)
    SELECT id, n, '[]', 100 * (n % 50), 'USD',
           (ARRAY['PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELED'])[1 + n % 5], 1, at, at, 'shop',
           'shop', 'WEB-' || 10000000 + n
    FROM numbered ORDER BY n
"""
WORDS = """
    INSERT INTO order_words (order_id, words)
    SELECT id, array_to_tsvector(ARRAY(SELECT DISTINCT word FROM unnest(ARRAY[
        CAST(n AS text), 'web', CAST(10000000 + n AS text), 'web' || 10000000 + n, first, last,
        first || last || n % 20 || 'mailcom', 'mail', 'com', 'mailcom', '4915' || 10000000 + n, city, postal_code,
        'sku', CAST(n % 997 AS text), 'sku' || n % 997, 'gift' || n % 3
    ]) AS words (word)))
    FROM numbered ORDER BY n
"""
TEXTS: dict[str, Callable[[Any], str]] = {
    "number": lambda row: f"#{row.n}",
    "reference": lambda row: f"WEB-{10_000_000 + row.n}",
    "e-mail address": lambda row: f"{row.first}.{row.last}{row.n % 20}@mail.com",
    "phone number": lambda row: f"+49 15 {10_000_000 + row.n}",
    "name": lambda row: f"{row.first} {row.last}",
    "last name": lambda row: row.last.upper(),
    "beginning of a name": lambda row: row.last[:5],
    "name and city": lambda row: f"{row.last} {row.city}",
    "postal code": lambda row: row.postal_code,
    "city": lambda row: row.city,
    "sku": lambda row: f"SKU-{row.n % 997}",
    "tag of a third": lambda row: f"gift{row.n % 3}",
    "word of all": lambda _: "web",
    "nobody": lambda _: "nobody",
}
CONDITIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "status": {"statuses": frozenset({OrderStatus.PAID, OrderStatus.SHIPPED})},
    "origin and total": {"origin": Origin.SHOP, "min_total": Money(1_000, "USD")},
    "since": {"placed_from": NOON},
    "sorted by change": {"sort": Sort.LAST_UPDATED},
    "oldest first": {"sort": Sort.OLDEST},
    "of a source": {"source": "shop"},
}


@pytest.fixture(scope="module")
def many(large_postgresql: str) -> Iterator[Engine]:
    engine = engines.create(large_postgresql, statement_seconds=0)
    with engine.begin() as connection:
        connection.execute(text(NUMBERED), {"at": NOON, "many": MANY})
        for statement in (ORDERS, WORDS, "ANALYZE orders", "ANALYZE order_words"):
            connection.execute(text(statement))
    yield engine
    engine.dispose()


def searches(engine: Engine) -> Iterator[tuple[str, OrderFilter]]:
    """Searches with each kind of text, each with the conditions in turn."""
    chance = random.Random(1)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM numbered WHERE n = ANY(:numbers)"),
            {"numbers": [chance.randint(1, MANY) for _ in range(SEARCHES)]},
        ).all()
    for place, row in enumerate(rows):
        for offset, (kind, written) in enumerate(TEXTS.items()):
            name = list(CONDITIONS)[(place + offset) % len(CONDITIONS)]
            search = SearchText(written(row))
            yield f"{kind}, {name}", OrderFilter(search=search, limit=50, **CONDITIONS[name])


def test_search_reads_indexes_only(many: Engine) -> None:
    plans: list[tuple[str, str]] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "order_words" in statement and not statement.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append((statement, "\n".join(rows.scalars())))

    event.listen(many, "before_cursor_execute", explain)
    try:
        for kind, order_filter in searches(many):
            plans.clear()
            page = SqlOrderQueries(many).search(order_filter)
            assert 1 <= len(plans) <= 2, plans
            assert page.orders or kind.startswith("nobody") or not kind.endswith(", all"), kind
            for statement, plan in plans:
                assert "Seq Scan" not in plan, (kind, plan)
                assert ("ix_order_words_words" if "found" in statement else "pk_order_words") in plan, (kind, plan)
    finally:
        event.remove(many, "before_cursor_execute", explain)


@pytest.mark.alone
def test_search_is_short_among_a_million(many: Engine) -> None:
    queries = SqlOrderQueries(many)
    list(map(queries.search, (order_filter for _, order_filter in list(searches(many))[:100])))  # fills the caches

    seconds: dict[str, list[float]] = {}
    for kind, order_filter in searches(many):
        started = time.perf_counter()
        queries.search(order_filter)
        seconds.setdefault(kind.partition(",")[0], []).append(time.perf_counter() - started)

    if deep():
        shares = {kind: quantiles(taken, n=20)[-1] for kind, taken in seconds.items()}
        print({kind: f"{1000 * share:.1f} ms" for kind, share in shares.items()})
        assert quantiles([each for taken in seconds.values() for each in taken], n=20)[-1] < LONGEST, shares


def test_entries_that_wait_for_the_index_are_bounded(many: Engine) -> None:
    with many.connect() as connection:
        options = connection.scalar(text("SELECT reloptions FROM pg_class WHERE relname = 'ix_order_words_words'"))

    assert options == ["gin_pending_list_limit=512"]
