"""Whoever orders, or keeps a template, is known: the database itself writes their row of users.

A token may name somebody whom no table has seen yet (another identity provider's user), and the first thing they write
refers to ``users``. As a trigger this holds for every writer, and costs the placing of an order no statement.

A migration is a fact: it spells out what it did, and takes nothing from ``tables.py``, which goes on changing.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WRITTEN_BY_USERS = ("orders", "order_templates")
KNOW = "INSERT INTO users (id, created_at) VALUES (NEW.user_id, NEW.created_at) ON CONFLICT DO NOTHING;"
FUNCTION = f"""
    CREATE FUNCTION know_user() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        {KNOW}
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    if on_postgresql():
        op.execute(FUNCTION)
    action = "EXECUTE FUNCTION know_user()" if on_postgresql() else f"BEGIN {KNOW} END"
    for table in WRITTEN_BY_USERS:
        op.execute(
            f"CREATE TRIGGER know_user_of_{table} BEFORE INSERT ON {table} "
            f"FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) {action}"  # a guest's order has no user
        )


def downgrade() -> None:
    for table in WRITTEN_BY_USERS:
        op.execute(f"DROP TRIGGER IF EXISTS know_user_of_{table}" + (f" ON {table}" if on_postgresql() else ""))
    if on_postgresql():
        op.execute("DROP FUNCTION know_user()")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
