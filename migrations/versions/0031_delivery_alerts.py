"""Letters and alerts about shipments that failed or came back.

The recipients of alerts about low stock get these alerts, too. A migration does not import ``tables``, because a
migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None

LETTERS = ("order_placed", "status_changed", "order_canceled", "stock_low")


def upgrade() -> None:
    replace_checks(kinds=(*LETTERS, "shipment_changed", "delivery_failed"), alerts=("stock_low", "delivery_failed"))
    op.execute(
        "INSERT INTO alert_recipients (alert, address, language) "
        "SELECT 'delivery_failed', address, language FROM alert_recipients WHERE alert = 'stock_low'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind IN ('shipment_changed', 'delivery_failed')")
    op.execute("DELETE FROM alert_recipients WHERE alert = 'delivery_failed'")
    replace_checks(kinds=LETTERS, alerts=("stock_low",))


def replace_checks(*, kinds: tuple[str, ...], alerts: tuple[str, ...]) -> None:
    for table, column, values in (("notifications", "kind", kinds), ("alert_recipients", "alert", alerts)):
        name = op.f(f"ck_{table}_{column}")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, sa.column(column).in_(values))
