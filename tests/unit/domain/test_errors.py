"""Hierarchy of errors: each kind says what the caller can do, under a stable code."""

from collections.abc import Iterator

from orders_domain import errors
from orders_domain.errors import Kind, OrdersError, Unavailable

CODES = {
    "invalid_value": Kind.INVALID,
    "invalid_amount": Kind.INVALID,
    "invalid_item": Kind.INVALID,
    "total_mismatch": Kind.INVALID,
    "invalid_token": Kind.UNAUTHENTICATED,
    "access_denied": Kind.FORBIDDEN,
    "order_not_found": Kind.NOT_FOUND,
    "order_exists": Kind.CONFLICT,
    "invalid_transition": Kind.CONFLICT,
    "stale_order": Kind.CONFLICT,
    "version_mismatch": Kind.PRECONDITION,
    "unavailable": Kind.UNAVAILABLE,
    "store_unavailable": Kind.UNAVAILABLE,
    "store_contention": Kind.UNAVAILABLE,
    "publisher_unavailable": Kind.UNAVAILABLE,
    "identity_unavailable": Kind.UNAVAILABLE,
}


def below(error: type[OrdersError]) -> Iterator[type[OrdersError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from below(subclass)


def test_error_codes_are_unique() -> None:
    classes = [error for error in below(OrdersError) if error.__module__.startswith("orders_domain.errors.")]

    assert len({error.code for error in classes}) == len(classes)


def test_package_exports_every_error() -> None:
    defined = {error.__name__ for error in below(OrdersError) if error.__module__.startswith("orders_domain.errors.")}

    assert defined <= set(errors.__all__)


def test_error_codes_and_kinds_are_stable() -> None:
    kinds = {error.code: error.kind for error in below(OrdersError)}

    assert {code: kinds.get(code) for code in CODES} == CODES


def test_unavailable_errors_have_retry_after() -> None:
    assert all(error.retry_after > 0 for error in below(Unavailable) if issubclass(error, Unavailable))
