"""Words of orders, by which they are found (decision 0061). The command ``orders index`` stores those of old orders.

They are not stored here, because a transaction of minutes would delay the event feed, and because processes of the
former release go on to place orders without words until they are replaced.

A migration does not import ``tables``, because a migration is immutable and the tables change later.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

INDEX = "ix_order_words_words"
EACH_WORD = (
    """SELECT value, NEW.order_id FROM json_each('["' || replace(NEW.words, ' ', '","') || '"]') WHERE value <> ''"""
)
ON_SQLITE = (
    """
    CREATE TABLE order_word_index (
        word TEXT NOT NULL,
        order_id CHAR(32) NOT NULL,
        PRIMARY KEY (word, order_id)
    ) WITHOUT ROWID
    """,
    f"""
    CREATE TRIGGER index_words_of_order_words AFTER INSERT ON order_words
    BEGIN
        INSERT INTO order_word_index (word, order_id) {EACH_WORD};
    END
    """,
    f"""
    CREATE TRIGGER replace_words_of_order_words AFTER UPDATE OF words ON order_words
    BEGIN
        DELETE FROM order_word_index WHERE order_id = OLD.order_id
            AND word IN (SELECT value FROM json_each('["' || replace(OLD.words, ' ', '","') || '"]'));
        INSERT INTO order_word_index (word, order_id) {EACH_WORD};
    END
    """,  # noqa: S608 - constants
)


def upgrade() -> None:
    op.create_table(
        "order_words",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("words", postgresql.TSVECTOR() if on_postgresql() else sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_words")),
    )
    op.create_index(
        INDEX,
        "order_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
        sqlite_where=sa.false(),
    )
    if not on_postgresql():
        for statement in ON_SQLITE:
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("order_words")  # with its triggers
    if not on_postgresql():
        op.execute("DROP TABLE order_word_index")


def on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")
