"""Rows of products, templates, jobs, reservations and users: each carries every field, or omits it as stated here."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine

from orders_adapters.sql import tables
from orders_adapters.sql.jobs import SqlJobRepository
from orders_adapters.sql.order_templates import SqlOrderTemplateRepository
from orders_adapters.sql.products import SqlProductRepository
from orders_adapters.sql.reservations import SqlReservationRepository
from orders_adapters.sql.users import SqlUserRepository
from orders_adapters.testing.examples import ADMIN, NOON
from orders_domain import Actor, Money, OrderStatus, Role
from orders_domain.model.accounts.user import User
from orders_domain.model.address import Address
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import BulkStatusJob, ExportJob, Failure, FileFormat, ImportJob, JobStatus
from orders_domain.model.order_filter import Cursor, OrderFilter
from orders_domain.model.order_template import NewOrderTemplate
from orders_domain.model.product import NewProduct, Product, RequestedItem
from orders_domain.model.reservation import Reservation, ReservationState
from orders_domain.model.status import TargetStatus

LATER = NOON + timedelta(hours=1)
PRODUCT = NewProduct(
    sku="TEA-1", name="Tea", price=Money(350, "EUR"), stock=7, low_stock_threshold=3, description="Black tea"
)
USER = User(
    id="user_ann",
    email="ann@example.com",
    password_hash="hash",
    created_at=NOON,
    role=Role.ADMIN,
    scopes=frozenset({"orders:read", "orders:write"}),
    disabled_at=LATER,
    demo=True,
    language="de-AT",
)
TEMPLATE = NewOrderTemplate(
    user_id="user_ann",
    name="Weekly tea",
    requested_items=(RequestedItem(product_id=7, quantity=2),),
    address=Address(line1="1 High Street", line2="Flat 2", city="Leeds", state="York", postal_code="LS1", country="GB"),
)
JOB = BulkStatusJob(
    id=UUID(int=1),
    actor=Actor(
        subject="ann", role=Role.ADMIN, scopes=frozenset({"orders:write"}), request_id="r-1", traceparent="00-1-2-01"
    ),
    order_ids=(1, UUID(int=2)),
    target=TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID, OrderStatus.CONFIRMED})),
    reason="Sold out",
    created_at=NOON,
    leased_until=LATER,
    status=JobStatus.RUNNING,
    processed=1,
    failed=(Failure(order_id=1, code="invalid_transition", sentence="Not allowed.", current=OrderStatus.CANCELED),),
    attempts=2,
)
FILE_JOB: dict[str, Any] = {
    **{name: getattr(JOB, name) for name in ("id", "actor", "created_at", "leased_until", "status", "processed")},
    "attempts": 2,
    "file_format": FileFormat.JSON_LINES,
    "client_key": IdempotencyKey(subject="ann", scope="shop", key="k", fingerprint="f"),
    "size": 9,
    "failure": "Too large.",
}
SELECTED = OrderFilter(
    user_id="ann", statuses=frozenset({OrderStatus.PAID}), placed_from=NOON, placed_before=NOON + timedelta(days=1)
)
EXPORT = ExportJob(
    **FILE_JOB, order_filter=SELECTED, view="items", with_bom=True, rows=3, cursor=Cursor(NOON, UUID(int=3))
)
IMPORT = ImportJob(**FILE_JOB, sent_size=8, sent_lines=4, dry_run=True, next_line=3, counts={"added": 1, "refused": 1})
RESERVATION = Reservation(
    order_id=UUID(int=1),
    user_id="ann",
    quantities={7: 2},
    created_at=NOON,
    due_at=LATER,
    state=ReservationState.RELEASING,
    shipment_id="S-1",
    number=7,
    shipment_requested=False,
    shipping_address="12 Hill Road, Leeds",
)


def stored_product(engine: Engine) -> tuple[Any, Any]:
    with engine.begin() as connection:
        added = SqlProductRepository(connection).add(PRODUCT, by=ADMIN, at=NOON)
        return SqlProductRepository(connection).get_for_update(added.id), product(id=added.id, version=1)


def stored_products(engine: Engine) -> tuple[Any, Any]:
    with engine.begin() as connection:
        SqlProductRepository(connection).add_many([PRODUCT], by=ADMIN, at=NOON)
        return SqlProductRepository(connection).get_by_sku_for_update([PRODUCT.sku]), {PRODUCT.sku: product(version=1)}


def changed_product(engine: Engine) -> tuple[Any, Any]:
    with engine.begin() as connection:
        repository = SqlProductRepository(connection)
        added = repository.add(NewProduct(sku="X", name="X", price=Money(1, "USD")), by=ADMIN, at=NOON)
        repository.save(product(id=added.id, version=added.version), by=ADMIN, at=NOON)
        return repository.get_for_update(added.id), product(id=added.id, version=2)


def changed_products(engine: Engine) -> tuple[Any, Any]:
    with engine.begin() as connection:
        repository = SqlProductRepository(connection)
        added = repository.add(NewProduct(sku=PRODUCT.sku, name="X", price=Money(1, "USD")), by=ADMIN, at=NOON)
        repository.save_many([product(id=added.id, version=added.version)], by=ADMIN, at=NOON)
        return repository.get_for_update(added.id), product(id=added.id, version=2)


def product(**stored: Any) -> Product:
    """The product, with what the store gives it."""
    return Product(**{field.name: getattr(PRODUCT, field.name) for field in fields(PRODUCT)}, **{"id": 1, **stored})


def stored_user(engine: Engine) -> tuple[Any, Any]:
    SqlUserRepository(engine).add(USER)
    return SqlUserRepository(engine).get(USER.id), USER


def stored_template(engine: Engine) -> tuple[Any, Any]:
    added = SqlOrderTemplateRepository(engine).add(TEMPLATE, at=NOON)
    stored = SqlOrderTemplateRepository(engine).get(added.id)
    assert stored == added
    assert stored.created_at == NOON
    return [getattr(stored, field.name) for field in fields(TEMPLATE)], [
        getattr(TEMPLATE, field.name) for field in fields(TEMPLATE)
    ]


def stored_job(engine: Engine) -> tuple[Any, Any]:
    SqlJobRepository(engine).add(JOB)
    return SqlJobRepository(engine).get(JOB.id), JOB


def stored_export(engine: Engine) -> tuple[Any, Any]:
    return SqlJobRepository(engine).get(SqlJobRepository(engine).add_once(EXPORT).id), EXPORT


def stored_import(engine: Engine) -> tuple[Any, Any]:
    return SqlJobRepository(engine).get(SqlJobRepository(engine).add_once(IMPORT).id), IMPORT


def stored_reservation(engine: Engine) -> tuple[Any, Any]:
    with engine.begin() as connection:
        SqlReservationRepository(connection).add(RESERVATION)
        claimed = SqlReservationRepository(connection).claim_due(now=LATER, until=LATER)
    return claimed, replace(RESERVATION, shipment_requested=True)  # which only the process that started it can know


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "store",
    [
        stored_product,
        stored_products,
        changed_product,
        changed_products,
        stored_user,
        stored_template,
        stored_job,
        stored_export,
        stored_import,
        stored_reservation,
    ],
)
def test_entity_is_read_as_it_was_stored(store: Callable[[Engine], tuple[Any, Any]], engine: Engine) -> None:
    stored, expected = store(engine)

    assert stored == expected


def at_default(value: Any, path: str = "") -> set[str]:
    """The fields that have their default, also those of fields: a mapper that omits one of them is not noticed."""
    if isinstance(value, tuple):
        return at_default(value[0], path) if value else set()
    if not is_dataclass(value):
        return set()
    found = set()
    for field in fields(value):
        part, default = getattr(value, field.name), field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        found |= {f"{path}{field.name}"} if part == default else at_default(part, f"{path}{field.name}.")
    return found


@pytest.mark.parametrize(
    "example", [PRODUCT, USER, TEMPLATE, JOB, EXPORT, IMPORT, RESERVATION], ids=lambda each: type(each).__name__
)
def test_examples_have_no_default(example: object) -> None:
    # An actor is stored without its contact, which belongs to what the actor places.
    # An export over HTTP has the filters of the command only.
    others = {f"order_filter.{field.name}" for field in fields(OrderFilter)} - {
        f"order_filter.{name}" for name in ("user_id", "statuses", "placed_from", "placed_before")
    }
    assert at_default(example) - {"actor.contact"} - others == set()
