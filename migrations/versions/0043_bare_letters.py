"""Search words of products with plain letters for the dotless i and for strokes, as those of new products are.

The words of orders are stored anew by ``orders index``, which every upgrade from a release without them needs.
"""

from functools import reduce

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

LETTERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h"}
PRODUCTS = sa.table("products", sa.column("search_words"))


def upgrade() -> None:
    words = sa.cast(PRODUCTS.c.search_words, sa.Text)
    plain = reduce(lambda text, pair: sa.func.replace(text, *pair), LETTERS.items(), words)
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    value = sa.cast(plain, postgresql.TSVECTOR) if on_postgresql else plain
    op.execute(sa.update(PRODUCTS).where(plain != words).values(search_words=value))


def downgrade() -> None:
    """Leave the plain letters, because the words do not say which letters they were."""
