"""Lifecycle of an order, compared with the table of CONTRACTS.md, and the status names of a contract."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.examples import ADA, NOON, TOTAL, items, new_id, only
from orders_domain import TRANSITIONS, OrderStatus, Origin, StatusVocabulary
from orders_domain.model.order import Order
from orders_domain.model.status import InvalidTransition, TargetStatus
from tests.support.cases import each_case

# "Allowed: PENDING to CONFIRMED, PAID, SHIPPED, CANCELED; CONFIRMED to PAID, SHIPPED, CANCELED; PAID to SHIPPED,
# CANCELED; SHIPPED to DELIVERED. DELIVERED and CANCELED are final."
TABLE = {
    "PENDING": {"CONFIRMED", "PAID", "SHIPPED", "CANCELED"},
    "CONFIRMED": {"PAID", "SHIPPED", "CANCELED"},
    "PAID": {"SHIPPED", "CANCELED"},
    "SHIPPED": {"DELIVERED"},
    "DELIVERED": set[str](),
    "CANCELED": set[str](),
}
STATUSES = list(TABLE)
ORDERS_WORDS = StatusVocabulary(
    {
        OrderStatus.PENDING: "PENDING",
        OrderStatus.CONFIRMED: "PENDING",
        OrderStatus.PAID: "PAID",
        OrderStatus.SHIPPED: "SHIPPED",
        OrderStatus.DELIVERED: "SHIPPED",
        OrderStatus.CANCELED: "CANCELED",
    }
)


def order_in(status: OrderStatus) -> Order:
    return Order(
        id=new_id(),
        origin=Origin.ORDERS,
        user_id=ADA.subject,
        items=items(),
        total=TOTAL,
        status=status,
        created_at=NOON,
        updated_at=NOON,
        version=3,
    )


def test_statuses_are_the_six_of_the_contract() -> None:
    assert [status.value for status in OrderStatus] == STATUSES
    assert set(TRANSITIONS) == set(OrderStatus)


@each_case("requested", STATUSES)
@each_case("current", STATUSES)
def test_transition_follows_the_table(current: str, requested: str) -> None:
    order = order_in(OrderStatus(current))

    if requested in TABLE[current]:
        assert order.change_status(only(OrderStatus(requested)), by=ADA, at=NOON) is True
        assert (order.status.value, order.version, len(order.new_entries)) == (requested, 4, 1)
    elif requested == current:
        assert order.change_status(only(OrderStatus(requested)), by=ADA, at=NOON) is False
        assert (order.status.value, order.version, order.new_entries) == (current, 3, [])
    else:
        with pytest.raises(InvalidTransition) as refusal:
            order.change_status(only(OrderStatus(requested)), by=ADA, at=NOON)
        assert (order.status.value, order.version, order.new_entries) == (current, 3, [])
        assert (refusal.value.current.value, refusal.value.target.value) == (current, requested)
        assert {status.value for status in refusal.value.allowed} == TABLE[current]
        assert current in str(refusal.value)
        assert requested in str(refusal.value)


@given(st.sampled_from(STATUSES), st.sampled_from(STATUSES), st.sets(st.sampled_from(STATUSES)))
def test_equivalent_status_changes_nothing(current: str, requested: str, others: set[str]) -> None:
    order = order_in(OrderStatus(current))
    alike = frozenset(OrderStatus(word) for word in {requested, *others})

    try:
        changed = order.change_status(TargetStatus(OrderStatus(requested), alike), by=ADA, at=NOON)
    except InvalidTransition:
        changed = None

    expected = False if current in {requested, *others} else True if requested in TABLE[current] else None
    assert changed is expected
    assert order.status.value == (requested if expected else current)


def test_only_delivered_and_canceled_are_final() -> None:
    assert {status.value for status in OrderStatus if status.is_final} == {"DELIVERED", "CANCELED"}


@pytest.mark.parametrize(
    ("word", "status", "alike"),
    [
        ("PENDING", "PENDING", {"PENDING", "CONFIRMED"}),
        ("PAID", "PAID", {"PAID"}),
        ("SHIPPED", "SHIPPED", {"SHIPPED", "DELIVERED"}),
        ("CANCELED", "CANCELED", {"CANCELED"}),
    ],
)
def test_status_name_parses_to_earliest_status(word: str, status: str, alike: set[str]) -> None:
    target = ORDERS_WORDS.parse(word)

    assert target == TargetStatus(OrderStatus(status), frozenset(OrderStatus(name) for name in alike))


@each_case("word", ["CONFIRMED", "DELIVERED", "paid", "", " PAID", "CANCELLED", "PAID\n"])
def test_unknown_status_name_is_rejected(word: str) -> None:
    with pytest.raises(KeyError):
        ORDERS_WORDS.parse(word)


@given(st.sampled_from(OrderStatus))
def test_every_status_has_a_name(status: OrderStatus) -> None:
    word = ORDERS_WORDS.name_of(status)

    assert status in ORDERS_WORDS.parse(word).equivalent
