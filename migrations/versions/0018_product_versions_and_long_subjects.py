"""Versions, descriptions and search words of products; subjects of up to 255 characters; normalized e-mail addresses.

A migration does not import ``tables`` or the domain, because a migration is immutable and they change later.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import idna
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SUBJECTS = (
    ("users", "id"),
    ("orders", "user_id"),
    ("order_history", "actor"),
    ("stock_movements", "actor"),
    ("order_templates", "user_id"),
    ("jobs", "actor"),
    ("idempotency_keys", "subject"),
    ("reservations", "user_id"),
    ("reservations", "key_subject"),
)
BEFORE, AFTER = 64, 255
TRIGGERED = ("orders", "order_templates")  # PostgreSQL does not alter a column that a trigger's condition refers to
VERSION = "version INTEGER NOT NULL DEFAULT 1 CONSTRAINT ck_products_version CHECK (version >= 1)"


def upgrade() -> None:
    normalize_addresses()
    op.add_column("products", sa.Column("description", sa.String(2000), nullable=True))
    op.execute(f"ALTER TABLE products ADD COLUMN {VERSION}")
    words = postgresql.TSVECTOR() if on_postgresql() else sa.Text()
    op.add_column("products", sa.Column("search_words", words, nullable=False, server_default=""))
    fill_search_words()
    options = {"postgresql_using": "gin", "postgresql_with": {"fastupdate": "off"}}
    op.create_index("ix_products_search_words", "products", ["search_words"], **options)
    resize_subjects(BEFORE, AFTER)


def downgrade() -> None:
    refuse_long_subjects()
    resize_subjects(AFTER, BEFORE)
    op.drop_index("ix_products_search_words", table_name="products")
    for column in ("search_words", "version", "description"):
        op.drop_column("products", column)
    restore_addresses()


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def normalize_addresses() -> None:
    """Store each e-mail address in NFC and with an ASCII domain.

    Nothing is changed if two accounts would get one address, because only one of them could sign in afterwards.
    """
    accounts = op.get_bind().execute(sa.text("SELECT id, email FROM users WHERE email IS NOT NULL")).all()
    addresses: Mapping[str, str] = {user_id: normalized(email) for user_id, email in accounts}
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for user_id, address in addresses.items():
        owners[address].append(user_id)
    for address, users in owners.items():
        if len(users) > 1:
            raise RuntimeError(
                f"The accounts {' and '.join(sorted(users))} have spellings of one e-mail address, {address}; "
                "each account must have an address of its own. Set users.email of all but one of them to another "
                "address, then run: orders migrate"
            )
    write_addresses({user_id: addresses[user_id] for user_id, email in accounts if addresses[user_id] != email})


def normalized(email: str) -> str:
    """Return the address as ``email_normalizer`` does; a domain that cannot exist is left as it is."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).lower())
    name, at, domain = text.rpartition("@")
    try:
        return name + at + (domain if domain.isascii() else idna.encode(domain, uts46=True).decode())
    except idna.IDNAError:
        return text


def restore_addresses() -> None:
    """Store domains in Unicode, because earlier releases compare them as they are typed."""
    accounts = op.get_bind().execute(sa.text("SELECT id, email FROM users WHERE email LIKE '%xn--%'")).all()
    write_addresses({user_id: with_unicode_domain(email) for user_id, email in accounts})


def with_unicode_domain(email: str) -> str:
    name, at, domain = email.rpartition("@")
    try:
        return name + at + idna.decode(domain)
    except idna.IDNAError:
        return email


def write_addresses(changed: Mapping[str, str]) -> None:
    for user_id, email in changed.items():
        op.get_bind().execute(
            sa.text("UPDATE users SET email = :email WHERE id = :user_id"), {"email": email, "user_id": user_id}
        )


def fill_search_words() -> None:
    products = op.get_bind().execute(sa.text("SELECT id, name, sku FROM products WHERE NOT external")).all()
    rows = [{"id": product.id, "words": search_words(f"{product.name} {product.sku}")} for product in products]
    value = "CAST(:words AS tsvector)" if on_postgresql() else ":words"
    if rows:
        op.get_bind().execute(sa.text(f"UPDATE products SET search_words = {value} WHERE id = :id"), rows)  # noqa: S608


def search_words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    words = sorted({word[:64] for word in re.findall(r"[^\W_]+", letters.casefold())})
    return " ".join(f"'{word}'" if on_postgresql() else word for word in words)


def refuse_long_subjects() -> None:
    for table, column in SUBJECTS:
        longest = op.get_bind().scalar(sa.text(f"SELECT max(length({column})) FROM {table}"))  # noqa: S608 - constants
        if (longest or 0) > BEFORE:
            raise RuntimeError(
                f"A value of {table}.{column} has {longest} characters; every subject must have at most {BEFORE} "
                "before this downgrade."
            )


def resize_subjects(before: int, after: int) -> None:
    if not on_postgresql():
        resize_in_definitions(before, after)
        return
    with without_triggers():
        for table, column in SUBJECTS:
            op.alter_column(table, column, existing_type=sa.String(before), type_=sa.String(after))


@contextmanager
def without_triggers() -> Iterator[None]:
    for table in TRIGGERED:
        op.execute(f"DROP TRIGGER IF EXISTS ensure_user_of_{table} ON {table}")
    yield
    for table in TRIGGERED:
        op.execute(
            f"CREATE TRIGGER ensure_user_of_{table} BEFORE INSERT ON {table} "
            "FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION ensure_user()"
        )


def resize_in_definitions(before: int, after: int) -> None:
    """Change only the stored definitions, as migration 0008 does: SQLite does not enforce the length of a text."""
    database = op.get_bind()
    (schema,) = database.exec_driver_sql("PRAGMA schema_version").one()
    database.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = 0
    for table, column in SUBJECTS:
        old, new = f"{column} VARCHAR({before})", f"{column} VARCHAR({after})"
        values = (f"\t{old}", f"\t{new}", f" {old}", f" {new}", table, old)
        changed += database.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(replace(sql, ?, ?), ?, ?) WHERE name = ? AND instr(sql, ?)", values
        ).rowcount
    database.exec_driver_sql(f"PRAGMA schema_version = {schema + 1}")
    database.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != len(SUBJECTS):
        raise RuntimeError("The definitions of the tables must be those of the earlier migrations.")
