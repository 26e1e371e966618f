"""Less work for each order: two indexes without a query, and a trigger that inserts only users that are missing.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from alembic import op

revision = "0025"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {"ix_order_items_product_id": "order_items", "ix_stock_movements_product_id": "stock_movements"}
INSERT_USER = "INSERT INTO users (id, created_at) VALUES (NEW.user_id, NEW.created_at) ON CONFLICT DO NOTHING;"
FUNCTION = """
    CREATE OR REPLACE FUNCTION ensure_user() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        {body}
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    for index, table in INDEXES.items():
        op.drop_index(index, table_name=table)
    _create_function(f"IF NOT EXISTS (SELECT FROM users WHERE id = NEW.user_id) THEN {INSERT_USER} END IF;")


def downgrade() -> None:
    _create_function(INSERT_USER)
    for index, table in INDEXES.items():
        op.create_index(index, table, ["product_id"])


def _create_function(body: str) -> None:
    """Replace the function of both triggers; SQLite's triggers have the statement themselves."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION.format(body=body))
