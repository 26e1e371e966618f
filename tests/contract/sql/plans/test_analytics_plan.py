"""Query plans of analytics over a year of orders (a million with effort): a month is read from two indexes."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, event, text

from orders_adapters.sql.analytics import SqlAnalyticsReader
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.product_catalog import SqlProductCatalog
from orders_domain.model.analytics import Bucket, Period
from tests.support.depth import effort
from tests.support.servers.postgresql import vacuum

A_DAY = effort(144, 2_880)
ORDERS = 347 * A_DAY  # nearly a year; the large run has 999,360 orders, one every half minute
PRODUCTS = 1_000
JANUARY = datetime(2025, 1, 1, tzinfo=UTC)
JUNE = Period(
    since=datetime(2025, 6, 1, tzinfo=UTC),
    before=datetime(2025, 7, 1, tzinfo=UTC),
    bucket=Bucket.DAY,
    currency="USD",
)
OF_JUNE = range(151 * A_DAY, 181 * A_DAY)  # the numbers of the orders of June
INDEXES = """
    SELECT indexdef, indexrelid::regclass::text AS name
    FROM pg_index JOIN pg_indexes ON indexname = indexrelid::regclass::text
    WHERE tablename IN ('orders', 'order_items') AND NOT indisunique
"""
# Every tenth is cancelled, every eleventh deleted, every thirteenth in another currency.
FILL = (
    "INSERT INTO users VALUES ('ann', now())",
    """
    INSERT INTO products (sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at)
    SELECT 'P-' || n, 'Product ' || n, n, 'USD', n, 5, now() FROM generate_series(1, :products) AS n
    """,
    """
    INSERT INTO orders (id, number, origin, user_id, items, lines, total_minor, currency, status, version, created_at,
                        updated_at, deleted_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, n, 'management', 'ann', '[]', '[]', 1000 + n % 100,
           CASE WHEN n % 13 = 0 THEN 'EUR' ELSE 'USD' END, CASE WHEN n % 10 = 0 THEN 'CANCELED' ELSE 'PENDING' END,
           1, placed, placed, CASE WHEN n % 11 = 0 THEN placed END
    FROM generate_series(0, :orders - 1) AS n,
        LATERAL (SELECT :january + n * interval '1 day' / :a_day AS placed) AS moment
    """,
    """
    INSERT INTO order_items (order_id, position, product_id, quantity, unit_price_minor, subtotal_minor, placed_at)
    SELECT id, 0, 1 + number % :products, 1, total_minor, total_minor, created_at FROM orders
    """,
)


class QueryPlan(NamedTuple):
    """The plan and the cost of a statement as it was sent."""

    statement: str
    nodes: list[dict[str, Any]]
    buffers: int
    milliseconds: float

    def reads(self, table: str) -> list[tuple[str, int | None]]:
        """The scan nodes of a table, each with the number of rows that were fetched from the heap."""
        return [
            (node["Node Type"], node.get("Heap Fetches")) for node in self.nodes if node.get("Relation Name") == table
        ]


@pytest.fixture(scope="module")
def many(large_postgresql: str) -> Iterator[Engine]:
    """Many orders of one item each."""
    engine = engines.create(large_postgresql, statement_seconds=0)
    with engine.begin() as connection:
        fill(connection)
    vacuum(engine)
    yield engine
    engine.dispose()


def fill(connection: Connection) -> None:
    """Fill the tables; the indexes are dropped and recreated, because that is much faster."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key checks
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    indexes = connection.execute(text(INDEXES)).all()
    for index in indexes:
        connection.execute(text(f"DROP INDEX {index.name}"))
    for statement in FILL:
        names = {"products": PRODUCTS, "orders": ORDERS, "january": JANUARY, "a_day": A_DAY}
        used = {name: value for name, value in names.items() if f":{name}" in statement}
        connection.execute(text(statement), used)
    for index in indexes:
        connection.execute(text(index.indexdef))


@pytest.fixture
def plans_of(many: Engine) -> Callable[[Callable[[], object]], list[QueryPlan]]:
    """The statements that a query sends, each explained as it was run."""

    def plans_of(question: Callable[[], object]) -> list[QueryPlan]:
        sent: list[tuple[str, Any]] = []

        def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            sent.append((statement, parameters))

        event.listen(many, "before_cursor_execute", note)
        try:
            question()
        finally:
            event.remove(many, "before_cursor_execute", note)
        return [explained(many, *execution) for execution in sent]

    return plans_of


def explained(engine: Engine, statement: str, parameters: Any) -> QueryPlan:
    with engine.connect() as connection:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        (plan,) = connection.exec_driver_sql(explain, parameters).scalar_one()
    nodes = list(all_of(plan["Plan"]))
    buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return QueryPlan(statement, nodes, buffers, plan["Execution Time"])


def all_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from all_of(child)


@pytest.mark.clause("002-31")
@pytest.mark.parametrize("bucket", Bucket)
def test_month_is_read_from_indexes_only(
    many: Engine, plans_of: Callable[..., list[QueryPlan]], bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    period = Period(since=JUNE.since, before=JUNE.before, bucket=bucket, currency="USD")

    counted, sold = plans_of(lambda: SqlAnalyticsReader(many)(period))

    assert set(counted.reads("orders")) == {("Index Only Scan", 0)}, counted.nodes
    assert set(sold.reads("orders")) == {("Index Only Scan", 0)}, sold.nodes
    assert set(sold.reads("order_items")) == {("Index Only Scan", 0)}, sold.nodes
    size = pages(many)
    with capsys.disabled():
        print(
            f"\nanalytics of one {bucket.value} series over a month of {ORDERS:,} orders: "
            f"{counted.buffers} + {sold.buffers} buffers of {size:,}, "
            f"{counted.milliseconds:.0f} + {sold.milliseconds:.0f} ms"
        )
    assert counted.buffers < size / 20


def test_monthly_figures_are_correct(many: Engine) -> None:
    counting = [n for n in OF_JUNE if n % 11 and n % 13]
    selling = [n for n in counting if n % 10]

    june = SqlAnalyticsReader(many)(JUNE)

    assert june.orders == len(counting)
    assert june.revenue == sum(1000 + n % 100 for n in selling)
    assert len(june.series()) == 30
    brought: Counter[int] = Counter()
    for n in selling:
        brought[1 + n % PRODUCTS] += 1000 + n % 100
    best = sorted(brought.items(), key=lambda item: (-item[1], item[0]))
    assert [(sold.product_id, sold.minor) for sold in june.top_products] == best[:10]


def test_year_is_read_within_statement_timeout(many: Engine, plans_of: Callable[..., list[QueryPlan]]) -> None:
    year = Period(since=JANUARY, before=JANUARY + timedelta(days=365), bucket=Bucket.DAY, currency="USD")

    counted, sold = plans_of(lambda: SqlAnalyticsReader(many)(year))

    assert max(counted.milliseconds, sold.milliseconds) < engines.STATEMENT_SECONDS * 1000


def test_low_products_are_read_from_index(many: Engine, plans_of: Callable[..., list[QueryPlan]]) -> None:
    counted, low = plans_of(lambda: SqlProductCatalog(many).stock_levels())

    for question in (counted, low):
        assert "ix_products_low" in {node.get("Index Name") for node in question.nodes}, question.nodes
    assert [how for how, _ in low.reads("products")] != ["Seq Scan"]


def pages(engine: Engine) -> int:
    """The number of pages of the orders and their items."""
    with engine.connect() as connection:
        return int(
            connection.scalar(text("SELECT sum(relpages) FROM pg_class WHERE relname IN ('orders', 'order_items')"))
        )
