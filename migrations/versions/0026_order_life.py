"""The life of an order after it was placed: references, charges, axes, counters of lines, tags, and further releases.

Stored orders get the axes that their status and their history show. A migration does not import ``tables``, because a
migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ORIGINS = "'orders', 'management', 'ostore', 'checkout'"
CHECK = "CHECK (origin IN ({}))"
PAYMENT = "'none', 'authorized', 'part_paid', 'paid', 'part_refunded', 'refunded'"
FULFILLMENT = "'none', 'part', 'whole', 'delivered'"
COLUMNS = {
    "source": "VARCHAR(64)",
    "reference": "VARCHAR(255)",
    "charges": "JSON NOT NULL DEFAULT '[]'",
    "life": "JSON NOT NULL DEFAULT '{}'",
    "payment_status": "VARCHAR(16) NOT NULL DEFAULT 'none' CONSTRAINT ck_orders_payment_status "
    f"CHECK (payment_status IN ({PAYMENT}))",
    "fulfillment_status": "VARCHAR(16) NOT NULL DEFAULT 'none' CONSTRAINT ck_orders_fulfillment_status "
    f"CHECK (fulfillment_status IN ({FULFILLMENT}))",
    "is_held": "BOOLEAN NOT NULL DEFAULT false",
}
DERIVED = (
    """
        UPDATE orders SET fulfillment_status = CASE status WHEN 'SHIPPED' THEN 'whole' ELSE 'delivered' END
        WHERE status IN ('SHIPPED', 'DELIVERED')
    """,
    """
        UPDATE orders SET payment_status = 'paid', life = '{"marked_paid": true}'
        WHERE id IN (SELECT order_id FROM order_history WHERE to_status = 'PAID')
    """,
)
REFERRED = sa.text("reference IS NOT NULL")
HELD = sa.text("is_held")
MOVEMENT_KEY = "uq_stock_movements_order_id_product_id_kind"
VERSIONED_KEY = "uq_stock_movements_order_id_product_id_kind_version"
MOVEMENTS = """
    CREATE TABLE new_stock_movements (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        product_id INTEGER NOT NULL,
        order_id CHAR(32),
        kind VARCHAR(16) NOT NULL,
        quantity BIGINT NOT NULL,
        actor VARCHAR(255) NOT NULL,
        at DATETIME NOT NULL,{version}
        CONSTRAINT fk_stock_movements_product_id_products FOREIGN KEY(product_id) REFERENCES products (id),
        CONSTRAINT fk_stock_movements_order_id_orders FOREIGN KEY(order_id) REFERENCES orders (id),
        CONSTRAINT {key} UNIQUE ({columns}),
        CONSTRAINT ck_stock_movements_kind CHECK (kind IN ('initial', 'restocked', 'adjusted', 'deducted', 'released')),
        CONSTRAINT ck_stock_movements_order CHECK ((kind IN ('deducted', 'released')) = (order_id IS NOT NULL))
    )
"""
COPIED = "id, product_id, order_id, kind, quantity, actor, at"
SUMMED = """
    SELECT min(id) AS id, product_id, order_id, kind, sum(quantity) AS quantity, min(actor) AS actor, min(at) AS at
    FROM stock_movements
    GROUP BY product_id, order_id, kind, CASE WHEN order_id IS NULL THEN id END
"""


def upgrade() -> None:
    for name, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE orders ADD COLUMN {name} {definition}")
    for statement in DERIVED:
        op.execute(statement)
    set_origins(ORIGINS, f"{ORIGINS}, 'shop'")
    create_partial("uq_orders_source_reference", ["source", "reference"], REFERRED, unique=True)
    create_partial("ix_orders_held", ["created_at", "id"], HELD)
    op.create_index("ix_orders_updated_at_id", "orders", ["updated_at", "id"])
    create_tables()
    op.execute("ALTER TABLE idempotency_keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
    if on_sqlite():
        version = "\n        version INTEGER NOT NULL DEFAULT 1,"
        rebuild_movements(VERSIONED_KEY, "order_id, product_id, kind, version", version=version, copied=COPIED)
    else:
        op.execute("ALTER TABLE stock_movements ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
        op.drop_constraint(MOVEMENT_KEY, "stock_movements", type_="unique")
        op.create_unique_constraint(VERSIONED_KEY, "stock_movements", ["order_id", "product_id", "kind", "version"])


def downgrade() -> None:
    refuse_later_orders()
    if on_sqlite():
        rebuild_movements(MOVEMENT_KEY, "order_id, product_id, kind", version="", copied=None)
    else:
        op.execute(f"CREATE TEMPORARY TABLE summed ON COMMIT DROP AS {SUMMED}")
        op.drop_constraint(VERSIONED_KEY, "stock_movements", type_="unique")
        op.execute("DELETE FROM stock_movements WHERE id NOT IN (SELECT id FROM summed)")
        op.execute(
            "UPDATE stock_movements SET quantity = summed.quantity FROM summed WHERE summed.id = stock_movements.id"
        )
        op.create_unique_constraint(MOVEMENT_KEY, "stock_movements", ["order_id", "product_id", "kind"])
        op.drop_column("stock_movements", "version")
    op.drop_column("idempotency_keys", "version")
    op.drop_table("order_tags")
    op.drop_table("order_lines")
    for name in ("ix_orders_updated_at_id", "ix_orders_held", "uq_orders_source_reference"):
        op.drop_index(name, table_name="orders")
    set_origins(f"{ORIGINS}, 'shop'", ORIGINS)
    for name in reversed(COLUMNS):
        op.drop_column("orders", name)


def on_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def create_partial(name: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, "orders", columns, unique=unique, postgresql_where=where, sqlite_where=where)


def create_tables() -> None:
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("shipped", sa.BigInteger, nullable=False),
        sa.Column("cancelled", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_order_lines")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")),
        sa.CheckConstraint("shipped >= 0 AND cancelled >= 0 AND returned >= 0", name=op.f("ck_order_lines_counters")),
        sa.CheckConstraint("shipped + cancelled <= quantity", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("returned <= shipped", name=op.f("ck_order_lines_returned")),
    )
    op.create_table(
        "order_tags",
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("tag", "order_id", name=op.f("pk_order_tags")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_tags_order_id_orders")),
    )
    op.create_index("ix_order_tags_order_id", "order_tags", ["order_id"])


def refuse_later_orders() -> None:
    """Refuse to lose what an earlier release cannot store."""
    placed = op.get_bind().scalar(sa.text("SELECT count(*) FROM orders WHERE origin = 'shop'"))
    kinds = "'lines_canceled', 'held', 'released', 'annotated'"
    changed = op.get_bind().scalar(sa.text(f"SELECT count(*) FROM order_history WHERE kind IN ({kinds})"))  # noqa: S608
    if placed or changed:
        raise RuntimeError(
            f"{placed} orders were placed through the contract shop, and {changed} changes made by it; an earlier "
            "release cannot read them, so there must be none before this downgrade."
        )


def set_origins(before: str, after: str) -> None:
    if not on_sqlite():
        op.drop_constraint(op.f("ck_orders_origin"), "orders", type_="check")
        op.create_check_constraint(op.f("ck_orders_origin"), "orders", f"origin IN ({after})")
        return
    # Only the stored definition, as migration 0008 does, because SQLite cannot change a constraint of a table.
    database = op.get_bind()
    (schema,) = database.exec_driver_sql("PRAGMA schema_version").one()
    database.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = database.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'orders' AND instr(sql, ?)",
        (CHECK.format(before), CHECK.format(after), CHECK.format(before)),
    )
    database.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    database.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed.rowcount != 1:
        raise RuntimeError("The definition of the table orders must be that of the earlier migrations.")


def rebuild_movements(key: str, columns: str, *, version: str, copied: str | None) -> None:
    """Replace the table on SQLite, which cannot change a unique key; without ``copied`` the releases are summed."""
    op.execute(MOVEMENTS.format(version=version, key=key, columns=columns))
    rows = f"SELECT {copied} FROM stock_movements" if copied else SUMMED  # noqa: S608 - constants
    op.execute(f"INSERT INTO new_stock_movements ({COPIED}) {rows}")
    op.execute("DROP TABLE stock_movements")
    op.execute("ALTER TABLE new_stock_movements RENAME TO stock_movements")
    op.create_index("ix_stock_movements_ledger", "stock_movements", ["product_id", "id"])
