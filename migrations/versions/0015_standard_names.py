"""Standard names of tables, columns, stored values, indexes and triggers.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Names = tuple[str, str]
"""A name before and after the migration."""


class Column(NamedTuple):
    table: Names
    name: Names


class Check(NamedTuple):
    """A CHECK constraint whose values change."""

    table: Names
    name: Names
    column: str
    values: tuple[Names, ...]
    condition: Names


class Index(NamedTuple):
    table: Names
    name: Names
    columns: tuple[Names, ...]
    where: Names
    unique: bool = False


def same(name: str) -> Names:
    return name, name


TOKENS, RESERVATIONS = ("denied_tokens", "revoked_tokens"), ("bookings", "reservations")
HISTORY, JOBS, TEMPLATES = same("order_history"), same("jobs"), same("order_templates")
MOVEMENTS, OUTBOX, PRODUCTS = same("stock_movements"), same("outbox"), same("products")

COLUMNS = (
    Column(HISTORY, ("what", "kind")),
    Column(TOKENS, ("mark", "token_hash")),
    Column(TOKENS, ("until", "expires_at")),
    Column(TEMPLATES, ("demands", "requested_items")),
    Column(JOBS, ("wanted", "target_status")),
    Column(JOBS, ("alike", "equivalent_statuses")),
    Column(JOBS, ("done", "processed")),
    Column(JOBS, ("failed", "failures")),
    Column(RESERVATIONS, ("wanted", "quantities")),
    Column(PRODUCTS, ("low", "low_stock")),
    Column(PRODUCTS, ("remote", "external")),
)
# The earlier migrations named each CHECK twice, such as ck_orders_ck_orders_version, because the naming convention of
# the tables was applied to names that already followed it.
CHECKS_WITH_SAME_VALUES = {
    "orders": "total_minor currency version status",
    "order_history": "version role from_status to_status",
    "products": "price_minor currency stock_quantity low_stock_threshold",
    "order_items": "quantity subtotal_minor",
    "jobs": "role status",
}
CONSTRAINTS = (
    (TOKENS, ("pk_denied_tokens", "pk_revoked_tokens")),
    (RESERVATIONS, ("pk_bookings", "pk_reservations")),
    (JOBS, ("ck_jobs_ck_jobs_done", "ck_jobs_processed")),
    (JOBS, ("ck_jobs_ck_jobs_wanted", "ck_jobs_target_status")),
    *(
        (same(table), (f"ck_{table}_ck_{table}_{name}", f"ck_{table}_{name}"))
        for table, names in CHECKS_WITH_SAME_VALUES.items()
        for name in names.split()
    ),
)
"""The constraints that get another name only. A condition follows the name of its column by itself."""
CHECKS = (
    Check(
        RESERVATIONS,
        ("ck_bookings_ck_bookings_state", "ck_reservations_state"),
        "state",
        (("placing", "pending"), ("kept", "confirmed")),
        ("state IN ('placing', 'kept', 'releasing')", "state IN ('pending', 'confirmed', 'releasing')"),
    ),
    Check(
        MOVEMENTS,
        ("ck_stock_movements_ck_stock_movements_kind", "ck_stock_movements_kind"),
        "kind",
        (("taken", "deducted"), ("given_back", "released")),
        (
            "kind IN ('initial', 'restocked', 'adjusted', 'taken', 'given_back')",
            "kind IN ('initial', 'restocked', 'adjusted', 'deducted', 'released')",
        ),
    ),
    Check(
        MOVEMENTS,
        ("ck_stock_movements_ck_stock_movements_order", "ck_stock_movements_order"),
        "kind",
        (),  # see above
        (
            "(kind IN ('taken', 'given_back')) = (order_id IS NOT NULL)",
            "(kind IN ('deducted', 'released')) = (order_id IS NOT NULL)",
        ),
    ),
    Check(
        OUTBOX,
        ("ck_outbox_ck_outbox_state", "ck_outbox_state"),
        "state",
        (("untold", "published"),),
        (
            "state IN ('waiting', 'untold', 'parked', 'sent')",
            "state IN ('waiting', 'published', 'parked', 'sent')",
        ),
    ),
)
KEY = ("key_subject", "key_scope", "key")
INDEXES = (
    Index(TOKENS, ("ix_denied_tokens_until", "ix_revoked_tokens_expires_at"), (("until", "expires_at"),), same("")),
    Index(
        RESERVATIONS,
        ("ix_bookings_due", "ix_reservations_due"),
        (same("due_at"), same("order_id")),
        ("state IN ('placing', 'releasing')", "state IN ('pending', 'releasing')"),
    ),
    Index(
        RESERVATIONS,
        ("uq_bookings_key", "uq_reservations_key"),
        tuple(map(same, KEY)),
        same("key IS NOT NULL"),
        unique=True,
    ),
    Index(
        OUTBOX,
        same("ix_outbox_open"),
        (same("shard"), same("state"), same("id")),
        ("state IN ('waiting', 'untold')", "state IN ('waiting', 'published')"),
    ),
    Index(
        OUTBOX,
        ("ix_outbox_refused", "ix_outbox_rejected"),
        (same("shard"), same("id")),
        same("state IN ('waiting', 'parked') AND attempts > 0"),
    ),
)
TABLES_WITH_USER = ("orders", "order_templates")
ENSURE_USER, NOTIFY = ("know_user", "ensure_user"), ("ring_orders_outbox", "notify_orders_outbox")
INSERT_USER = "INSERT INTO users (id, created_at) VALUES (NEW.user_id, NEW.created_at) ON CONFLICT DO NOTHING;"


def upgrade() -> None:
    rename(0, 1)


def downgrade() -> None:
    rename(1, 0)


def rename(old: int, new: int) -> None:
    for index in INDEXES:
        op.drop_index(index.name[old], index.table[old])
    for table in (TOKENS, RESERVATIONS):
        op.rename_table(table[old], table[new])
    for column in COLUMNS:
        op.execute(f"ALTER TABLE {column.table[new]} RENAME COLUMN {column.name[old]} TO {column.name[new]}")
    if op.get_bind().dialect.name == "postgresql":
        rename_on_postgresql(old, new)
    else:
        rename_on_sqlite(old, new)
    for index in INDEXES:
        create_index(index, new)


def rename_on_postgresql(old: int, new: int) -> None:
    for table, name in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table[new]} RENAME CONSTRAINT {name[old]} TO {name[new]}")
    for check in CHECKS:
        op.execute(f"ALTER TABLE {check.table[new]} DROP CONSTRAINT {check.name[old]}")
    change_values(old, new)
    for check in CHECKS:
        op.execute(f"ALTER TABLE {check.table[new]} ADD CONSTRAINT {check.name[new]} CHECK ({check.condition[new]})")
    op.execute(f"ALTER FUNCTION {ENSURE_USER[old]}() RENAME TO {ENSURE_USER[new]}")
    replace_user_triggers(old, new, action=f"EXECUTE FUNCTION {ENSURE_USER[new]}()")
    op.execute(f"DROP TRIGGER IF EXISTS {NOTIFY[old]} ON outbox")
    op.execute(f"ALTER FUNCTION {NOTIFY[old]}() RENAME TO {NOTIFY[new]}")
    op.execute(
        f"CREATE TRIGGER {NOTIFY[new]} AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION {NOTIFY[new]}()"
    )


def rename_on_sqlite(old: int, new: int) -> None:
    constraints = [(table[new], f"{name[old]} ", f"{name[new]} ") for table, name in CONSTRAINTS]
    for check in CHECKS:
        before, after = (f"{check.name[side]} CHECK ({check.condition[side]})" for side in (old, new))
        constraints.append((check.table[new], before, after))
    rewrite(constraints)
    change_values(old, new)
    replace_user_triggers(old, new, action=f"BEGIN {INSERT_USER} END")


def replace_user_triggers(old: int, new: int, *, action: str) -> None:
    """Create the triggers anew instead of renaming them, because a restore of the data alone may have lost them."""
    for table in TABLES_WITH_USER:
        on_table = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER IF EXISTS {ENSURE_USER[old]}_of_{table}{on_table}")
        op.execute(
            f"CREATE TRIGGER {ENSURE_USER[new]}_of_{table} BEFORE INSERT ON {table} "
            f"FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) {action}"
        )


def rewrite(replacements: Sequence[tuple[str, str, str]]) -> None:
    """Change the stored definitions of constraints, as migration 0008 does, because the stored rows are the same.

    Each replacement is a table, a text of its definition and the new text.
    """
    database = op.get_bind()
    (schema,) = database.exec_driver_sql("PRAGMA schema_version").one()
    database.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, before, after in replacements:
        changed = database.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ? AND instr(sql, ?)",
            (f"CONSTRAINT {before}", f"CONSTRAINT {after}", table, f"CONSTRAINT {before}"),
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"The table {table} must have the constraint of the earlier migrations: {before}")
    database.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    database.exec_driver_sql("PRAGMA writable_schema = RESET")  # loads the changed definitions


def change_values(old: int, new: int) -> None:
    for check in CHECKS:
        table = sa.table(check.table[new], sa.column(check.column, sa.String))
        for value in check.values:
            op.execute(table.update().where(table.c[check.column] == value[old]).values({check.column: value[new]}))


def create_index(index: Index, new: int) -> None:
    where = sa.text(index.where[new]) if index.where[new] else None
    op.create_index(
        index.name[new],
        index.table[new],
        [column[new] for column in index.columns],
        unique=index.unique,
        postgresql_where=where,
        sqlite_where=where,
    )
