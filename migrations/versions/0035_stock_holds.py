"""Stock holds, and their movements in the ledger of the stock.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")
BY_HOLD = sa.text("hold_id IS NOT NULL")
KINDS = "'initial', 'restocked', 'adjusted', 'deducted', 'released'"
LATER_KINDS = f"{KINDS}, 'held', 'hold_ended'"
HOLD = "(kind IN ('held', 'hold_ended')) = (hold_id IS NOT NULL)"
MOVEMENTS = """
    CREATE TABLE new_stock_movements (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        product_id INTEGER NOT NULL,
        order_id CHAR(32),
        kind VARCHAR(16) NOT NULL,
        quantity BIGINT NOT NULL,
        actor VARCHAR(255) NOT NULL,
        at DATETIME NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,{column}
        CONSTRAINT fk_stock_movements_product_id_products FOREIGN KEY(product_id) REFERENCES products (id),
        CONSTRAINT fk_stock_movements_order_id_orders FOREIGN KEY(order_id) REFERENCES orders (id),{constraints}
        CONSTRAINT uq_stock_movements_order_id_product_id_kind_version UNIQUE (order_id, product_id, kind, version),
        CONSTRAINT ck_stock_movements_kind CHECK (kind IN ({kinds})),
        CONSTRAINT ck_stock_movements_order CHECK ((kind IN ('deducted', 'released')) = (order_id IS NOT NULL))
    )
"""
CONSTRAINTS = f"""
        CONSTRAINT fk_stock_movements_hold_id_stock_holds FOREIGN KEY(hold_id) REFERENCES stock_holds (id),
        CONSTRAINT ck_stock_movements_hold CHECK ({HOLD}),"""
COPIED = "id, product_id, order_id, kind, quantity, actor, at, version"


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "sqlite":
        rebuild_movements("\n        hold_id CHAR(32),", CONSTRAINTS, LATER_KINDS)
    else:
        op.add_column("stock_movements", sa.Column("hold_id", sa.Uuid, nullable=True))
        op.create_foreign_key(
            op.f("fk_stock_movements_hold_id_stock_holds"), "stock_movements", "stock_holds", ["hold_id"], ["id"]
        )
        set_kinds(LATER_KINDS)
        op.create_check_constraint(op.f("ck_stock_movements_hold"), "stock_movements", HOLD)
    op.create_index(
        "uq_stock_movements_hold_id_product_id_kind",
        "stock_movements",
        ["hold_id", "product_id", "kind"],
        unique=True,
        postgresql_where=BY_HOLD,
        sqlite_where=BY_HOLD,
    )


def downgrade() -> None:
    if held := op.get_bind().scalar(sa.text("SELECT count(*) FROM stock_holds")):
        raise RuntimeError(
            f"{held} stock holds are stored; an earlier release cannot read their movements, so there must be none "
            "before this downgrade."
        )
    op.drop_index("uq_stock_movements_hold_id_product_id_kind", table_name="stock_movements")
    if op.get_bind().dialect.name == "sqlite":
        rebuild_movements("", "", KINDS)
    else:
        op.drop_constraint(op.f("ck_stock_movements_hold"), "stock_movements", type_="check")
        set_kinds(KINDS)
        op.drop_column("stock_movements", "hold_id")
    op.drop_table("stock_hold_lines")
    op.drop_table("stock_holds")


def create_tables() -> None:
    op.create_table(
        "stock_holds",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_subject", sa.String(255), nullable=True),
        sa.Column("key_scope", sa.String(32), nullable=True),
        sa.Column("key", sa.String(255), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_holds")),
        sa.UniqueConstraint("key_subject", "key_scope", "key", name=op.f("uq_stock_holds_key_subject_key_scope_key")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_stock_holds_expires_at")),
    )
    for name, columns in (("due", ["expires_at", "id"]), ("user", ["user_id", "id"])):
        op.create_index(f"ix_stock_holds_{name}", "stock_holds", columns, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_table(
        "stock_hold_lines",
        sa.Column("hold_id", sa.Uuid, nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("hold_id", "product_id", name=op.f("pk_stock_hold_lines")),
        sa.ForeignKeyConstraint(["hold_id"], ["stock_holds.id"], name=op.f("fk_stock_hold_lines_hold_id_stock_holds")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_hold_lines_product_id_products")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_stock_hold_lines_quantity")),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name=op.f("ck_stock_hold_lines_returned")),
    )


def set_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_stock_movements_kind"), "stock_movements", type_="check")
    op.create_check_constraint(op.f("ck_stock_movements_kind"), "stock_movements", f"kind IN ({kinds})")


def rebuild_movements(column: str, constraints: str, kinds: str) -> None:
    """Replace the table on SQLite, which cannot change a constraint."""
    op.execute(MOVEMENTS.format(column=column, constraints=constraints, kinds=kinds))
    op.execute(f"INSERT INTO new_stock_movements ({COPIED}) SELECT {COPIED} FROM stock_movements")  # noqa: S608
    op.execute("DROP TABLE stock_movements")
    op.execute("ALTER TABLE new_stock_movements RENAME TO stock_movements")
    op.create_index("ix_stock_movements_ledger", "stock_movements", ["product_id", "id"])
