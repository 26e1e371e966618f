"""Users, orders, order history, and the outbox with its NOTIFY trigger.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATUSES = ("PENDING", "CONFIRMED", "PAID", "SHIPPED", "DELIVERED", "CANCELED")
NUMBERS = sa.Sequence("order_numbers")
NOTIFY_TRIGGER = (
    # NOTIFY serializes commits: with a notification in each transaction, 16 writers made 7,000 commits/s instead of
    # 26,000 (with this trigger: 16,000 to 24,000). Only the transaction that gets the try-lock notifies; the events of
    # the others wait for the relay's next poll.
    """
    CREATE FUNCTION ring_orders_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_try_advisory_xact_lock(1869767794, -1) THEN
            PERFORM pg_notify('orders_outbox', '');
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ring_orders_outbox AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION ring_orders_outbox()
    """,
)


def upgrade() -> None:
    create_users()
    create_orders()
    create_order_history()
    create_outbox()


def downgrade() -> None:
    for table in ("outbox", "order_history", "orders", "users"):
        op.drop_table(table)
    if on_postgresql():
        op.execute("DROP FUNCTION ring_orders_outbox()")


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(64), nullable=False),
        timestamp("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )


def create_orders() -> None:
    if on_postgresql():
        op.execute(sa.schema.CreateSequence(NUMBERS))
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "number", sa.BigInteger(), nullable=False, server_default=NUMBERS.next_value() if on_postgresql() else None
        ),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        timestamp("created_at"),
        timestamp("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("number", name="uq_orders_number"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user_id_users"),
        sa.CheckConstraint("total_minor BETWEEN 0 AND 1000000000000", name="ck_orders_total_minor"),
        sa.CheckConstraint("length(currency) = 3", name="ck_orders_currency"),
        sa.CheckConstraint("version >= 1", name="ck_orders_version"),
        one_of("orders", "status", *STATUSES),
    )
    op.create_index("ix_orders_user_id_created_at_id", "orders", ["user_id", "created_at", "id"])
    if on_postgresql():
        op.execute("ALTER SEQUENCE order_numbers OWNED BY orders.number")  # so that it is dropped with the table


def create_order_history() -> None:
    op.create_table(
        "order_history",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        timestamp("at"),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("from_status", sa.String(16), nullable=True),
        sa.Column("to_status", sa.String(16), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "version", name="pk_order_history"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_history_order_id_orders"),
        sa.CheckConstraint("version >= 1", name="ck_order_history_version"),
        one_of("order_history", "role", "customer", "admin", "system"),
        one_of("order_history", "from_status", *STATUSES),
        one_of("order_history", "to_status", *STATUSES),
    )


def create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        timestamp("at"),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        timestamp("due_at"),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
        one_of("outbox", "state", "waiting", "untold", "parked", "sent"),
        sqlite_autoincrement=True,
    )
    index_outbox("ix_outbox_open", "shard", "state", "id", where="state IN ('waiting', 'untold')")
    index_outbox("ix_outbox_unsent", "order_id", "id", where="state IN ('waiting', 'parked')")
    index_outbox("ix_outbox_sent", "at", where="state IN ('sent')")
    if on_postgresql():
        for statement in NOTIFY_TRIGGER:
            op.execute(statement)


def index_outbox(name: str, *columns: str, where: str) -> None:
    op.create_index(name, "outbox", list(columns), postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def timestamp(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
