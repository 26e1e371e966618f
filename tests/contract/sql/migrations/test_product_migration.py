"""Migration 0018: versions and search words of products, long subjects, and normalized e-mail addresses."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from orders_adapters.sql import migrate
from orders_adapters.sql.product_catalog import SqlProductCatalog
from orders_adapters.sql.users import SqlUserRepository
from orders_domain.model.product_filter import ProductFilter

BEFORE = "0017"
AT = datetime(2026, 3, 14, tzinfo=UTC)
TRIGGERS = {"ensure_user_of_orders", "ensure_user_of_order_templates", "notify_orders_outbox"}
"""Those that the release before had; later migrations add others."""
PRODUCT = """
    INSERT INTO products (sku, name, price_minor, currency, stock_quantity, low_stock_threshold, created_at, external)
    VALUES (:sku, :name, 250, 'USD', 9, 5, :at, :external)
"""
USER = (
    "INSERT INTO users (id, created_at, email, password_hash, role, scopes) VALUES (:id, :at, :email, 'x', :role, '')"
)

pytestmark = pytest.mark.alternate
ORDER = """
    INSERT INTO orders
        (id, number, origin, user_id, items, total_minor, currency, status, version, created_at, updated_at)
    VALUES ('01a1fbae6e8774f6aa47082029bc341c', 1, 'orders', :user_id, '[]', 1, 'USD', 'PENDING', 1, :at, :at)
"""


@pytest.fixture
def old(address: str, connect: Callable[..., Engine]) -> Engine:
    """A database as the release before had it, without rows."""
    migrate.upgrade(address, BEFORE)
    return connect(address)


def run(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def add_user(engine: Engine, user_id: str, email: str | None) -> None:
    run(engine, USER, id=user_id, at=AT, email=email, role="customer")


def emails(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT email FROM users ORDER BY id")))


def test_stored_products_are_found_and_have_versions(address: str, old: Engine) -> None:
    run(old, PRODUCT, sku="TEA-1", name="Caf\u00e9's tea", at=AT, external=False)
    run(old, PRODUCT, sku="R-1", name="Remote tea", at=AT, external=True)

    migrate.upgrade(address)

    [tea] = SqlProductCatalog(old).search(ProductFilter(text="cafe te")).products
    assert (tea.sku, tea.version, tea.description) == ("TEA-1", 1, None)
    assert migrate.check(address) == []


def test_stored_words_get_plain_letters(address: str, old: Engine) -> None:
    """Migration 0043: the words that 0018 stores have strokes."""
    for sku, name in (("A", "Łódź lodz"), ("B", "Røđ ħ ı")):
        run(old, PRODUCT, sku=sku, name=name, at=AT, external=False)

    migrate.upgrade(address)

    catalog = SqlProductCatalog(old)
    for sku, texts in {"A": ("LODZ", "łódź"), "B": ("rod h i", "RØĐ Ħ ı")}.items():
        for words in texts:
            assert [product.sku for product in catalog.search(ProductFilter(text=words)).products] == [sku], words


def test_addresses_are_normalized_and_restored(address: str, old: Engine) -> None:
    add_user(old, "a", "jose\u0301@example.com")
    add_user(old, "b", "ann@b\u00fccher.example")
    add_user(old, "c", "ann@b\u00fccher.example"[:4] + "example.com")
    add_user(old, "d", "x@b\u00fcro_x.example")
    run(old, "INSERT INTO users (id, created_at) VALUES ('e', :at)", at=AT)

    migrate.upgrade(address)
    upgraded = emails(old)
    listed = [user.id for user in SqlUserRepository(old).list_page()]
    migrate.downgrade(address, BEFORE)

    assert upgraded == [
        "jos\u00e9@example.com", "ann@xn--bcher-kva.example", "ann@example.com", "x@b\u00fcro_x.example", None
    ]  # fmt: skip
    assert sorted(listed) == ["a", "b", "c", "d"]
    assert emails(old)[:3] == ["jos\u00e9@example.com", "ann@b\u00fccher.example", "ann@example.com"]


def test_two_accounts_of_one_address_stop_the_migration(address: str, old: Engine) -> None:
    add_user(old, "ann", "jose\u0301@example.com")
    add_user(old, "bob", "jos\u00e9@example.com")

    with pytest.raises(RuntimeError, match=r"accounts ann and bob .* each account must have an address of its own"):
        migrate.upgrade(address)

    assert migrate.current(old) == BEFORE
    run(old, "UPDATE users SET email = 'bob@example.com' WHERE id = 'bob'")
    migrate.upgrade(address)
    assert emails(old) == ["jos\u00e9@example.com", "bob@example.com"]


def test_long_subject_is_stored_and_stops_a_downgrade(address: str, old: Engine) -> None:
    run(old, ORDER, user_id="short", at=AT)
    migrate.upgrade(address)
    run(old, "DELETE FROM orders")
    long = "\u00e4" * 255

    run(old, ORDER, user_id=long, at=AT)  # the trigger adds the user
    with pytest.raises(RuntimeError, match="at most 64"):
        migrate.downgrade(address, BEFORE)

    assert migrate.missing_triggers(old) == []
    run(old, "DELETE FROM orders")
    run(old, "DELETE FROM users")
    migrate.downgrade(address, BEFORE)
    run(old, ORDER, user_id="short", at=AT)
    assert TRIGGERS.isdisjoint(migrate.missing_triggers(old))
