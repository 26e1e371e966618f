"""Products, stock and its ledger; lines, shipping address and deletion of orders; order templates.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDRESS = {
    "shipping_address_line1": 255,
    "shipping_address_line2": 255,
    "shipping_city": 100,
    "shipping_state": 100,
    "shipping_postal_code": 20,
    "shipping_country": 100,
}
INDEXES = {
    "ix_orders_created_at_id": ["created_at", "id"],
    "ix_orders_status_created_at_id": ["status", "created_at", "id"],
    "ix_orders_total_minor_created_at_id": ["total_minor", "created_at", "id"],
}


def upgrade() -> None:
    op.add_column("orders", sa.Column("lines", sa.JSON(), nullable=False, server_default="[]"))
    for name, length in ADDRESS.items():
        op.add_column("orders", sa.Column(name, sa.String(length), nullable=True))
    op.add_column("orders", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "orders", columns)
    refused = sa.text("state IN ('waiting', 'parked') AND attempts > 0")
    op.create_index("ix_outbox_refused", "outbox", ["shard", "id"], postgresql_where=refused, sqlite_where=refused)
    create_products()
    create_order_items()
    create_stock_movements()
    create_order_templates()


def downgrade() -> None:
    for table in ("order_templates", "stock_movements", "order_items", "products"):
        op.drop_table(table)
    op.drop_index("ix_outbox_refused", "outbox")
    for name in INDEXES:
        op.drop_index(name, "orders")
    for name in ("deleted_at", *reversed(ADDRESS), "lines"):
        op.drop_column("orders", name)


def create_products() -> None:
    op.create_table(
        "products",
        big_id(),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False),
        sa.Column("low_stock_threshold", sa.BigInteger(), nullable=False),
        timestamp("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 1000000000000", name="ck_products_price_minor"),
        sa.CheckConstraint("length(currency) = 3", name="ck_products_currency"),
        sa.CheckConstraint("stock_quantity >= 0", name="ck_products_stock_quantity"),
        sa.CheckConstraint("low_stock_threshold >= 0", name="ck_products_low_stock_threshold"),
        sqlite_autoincrement=True,
    )
    # Partial, so that PostgreSQL does not treat the sku as a key of the references from orders (see ``tables``).
    named = sa.text("sku IS NOT NULL")
    op.create_index("uq_products_sku", "products", ["sku"], unique=True, postgresql_where=named, sqlite_where=named)


def create_order_items() -> None:
    op.create_table(
        "order_items",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("product_id", big(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False),
        timestamp("placed_at"),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_items"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_items_order_id_orders"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_order_items_product_id_products"),
        sa.CheckConstraint("quantity >= 1", name="ck_order_items_quantity"),
        sa.CheckConstraint("subtotal_minor = quantity * unit_price_minor", name="ck_order_items_subtotal_minor"),
    )
    op.create_index("ix_order_items_product_id", "order_items", ["product_id"])


def create_stock_movements() -> None:
    op.create_table(
        "stock_movements",
        big_id(),
        sa.Column("product_id", big(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        timestamp("at"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_movements"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_stock_movements_product_id_products"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_stock_movements_order_id_orders"),
        sa.UniqueConstraint("order_id", "product_id", "kind", name="uq_stock_movements_order_id_product_id_kind"),
        sa.CheckConstraint(
            "kind IN ('initial', 'restocked', 'adjusted', 'taken', 'given_back')", name="ck_stock_movements_kind"
        ),
        sa.CheckConstraint(
            "(kind IN ('taken', 'given_back')) = (order_id IS NOT NULL)", name="ck_stock_movements_order"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stock_movements_product_id", "stock_movements", ["product_id"])


def create_order_templates() -> None:
    op.create_table(
        "order_templates",
        big_id(),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("demands", sa.JSON(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        timestamp("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_order_templates"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_order_templates_user_id_users"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_templates_user_id_id", "order_templates", ["user_id", "id"])


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def big_id() -> sa.Column[int]:
    return sa.Column("id", big(), sa.Identity(), nullable=False)


def timestamp(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
