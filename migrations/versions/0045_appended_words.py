"""Words that are added to those of an order, as a parcel does, leave those before them in the index of SQLite.

Each change of the words deleted all of them from the index and inserted them again.
"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

DROP = "DROP TRIGGER replace_words_of_order_words"
ARE_ADDED = "substr(NEW.words, 1, length(OLD.words) + 1) = OLD.words || ' '"


def each_word(text: str) -> str:
    return f"""SELECT value FROM json_each('["' || replace({text}, ' ', '","') || '"]')"""  # noqa: S608 - a constant


def indexing(text: str) -> str:
    selecting = each_word(text).replace("value", "value, NEW.order_id", 1)
    return f"INSERT INTO order_word_index (word, order_id) {selecting} WHERE value <> ''"


def replacing(condition: str) -> str:
    return f"""
    CREATE TRIGGER replace_words_of_order_words AFTER UPDATE OF words ON order_words {condition}
    BEGIN
        DELETE FROM order_word_index WHERE order_id = OLD.order_id AND word IN ({each_word("OLD.words")});
        {indexing("NEW.words")};
    END
    """  # noqa: S608 - constants


ADDING = f"""
    CREATE TRIGGER add_words_of_order_words AFTER UPDATE OF words ON order_words WHEN {ARE_ADDED}
    BEGIN
        {indexing("substr(NEW.words, length(OLD.words) + 2)")};
    END
"""


def upgrade() -> None:
    if not on_postgresql():
        op.execute(DROP)
        op.execute(replacing(f"WHEN NOT {ARE_ADDED}"))
        op.execute(ADDING)


def downgrade() -> None:
    if not on_postgresql():
        op.execute("DROP TRIGGER add_words_of_order_words")
        op.execute(DROP)
        op.execute(replacing(""))


def on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")
