"""Triggers that insert the user of a new order or order template.

A token of another identity provider may name a user without a row, to which the first order refers. A trigger applies
to every writer, and needs no further statement when an order is placed.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES_WITH_USER = ("orders", "order_templates")
INSERT_USER = "INSERT INTO users (id, created_at) VALUES (NEW.user_id, NEW.created_at) ON CONFLICT DO NOTHING;"
FUNCTION = f"""
    CREATE FUNCTION know_user() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        {INSERT_USER}
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    if on_postgresql():
        op.execute(FUNCTION)
    action = "EXECUTE FUNCTION know_user()" if on_postgresql() else f"BEGIN {INSERT_USER} END"
    for table in TABLES_WITH_USER:
        op.execute(
            f"CREATE TRIGGER know_user_of_{table} BEFORE INSERT ON {table} "
            f"FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) {action}"  # a guest's order has no user
        )


def downgrade() -> None:
    for table in TABLES_WITH_USER:
        op.execute(f"DROP TRIGGER IF EXISTS know_user_of_{table}" + (f" ON {table}" if on_postgresql() else ""))
    if on_postgresql():
        op.execute("DROP FUNCTION know_user()")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
