"""A notification of the outbox by schema, because channels and advisory locks belong to a whole database.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

FUNCTION = "notify_orders_outbox"
# In the schema public, channel and lock are those of the former function, so that a running relay is still notified.
NOTIFY_SCHEMA = f"""
    CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        public CONSTANT boolean := TG_TABLE_SCHEMA = 'public';
        hash CONSTANT integer := CASE WHEN public THEN 0 ELSE hashtext(TG_TABLE_SCHEMA::text) END;
    BEGIN
        IF pg_try_advisory_xact_lock(1869767794 # hash, -1) THEN
            PERFORM pg_notify('orders_outbox' || CASE WHEN public THEN '' ELSE '_' || hash END, '');
        END IF;
        RETURN NULL;
    END $$
"""
NOTIFY_DATABASE = f"""
    CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_try_advisory_xact_lock(1869767794, -1) THEN
            PERFORM pg_notify('orders_outbox', '');
        END IF;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NOTIFY_SCHEMA)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NOTIFY_DATABASE)
