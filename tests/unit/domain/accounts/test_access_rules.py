"""Table of access rules: its completeness at import, and its decision for each actor."""

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, only, placed
from orders_domain import TRANSITIONS, AccessPolicy, Actor, Order, OrderStatus, Origin, Role
from orders_domain.errors import AccessDenied
from orders_domain.model.access import ADMIN_ONLY, CARRIERS_ONLY, OWNER_ONLY, OWNER_ONLY_HIDDEN, WRITERS_ONLY
from orders_domain.model.access_rules import (
    _TABLE,
    ACCESS_RULES,
    Action,
    ActionNotPermitted,
    Decision,
    Relation,
    TransitionNotPermitted,
    allowed_statuses,
    is_allowed,
    parse_access_rules,
)
from orders_domain.model.status import InvalidTransition
from tests.support.cases import each_case

CARRIER = Actor(subject="ada", role=Role.SYSTEM)
ROWS = [line for line in _TABLE.splitlines() if line.strip()]


def test_access_rules_cover_all_combinations() -> None:
    assert len(ACCESS_RULES) == len(Origin) * len(Action) * len(Relation) == 420
    assert {key for key in ACCESS_RULES if not isinstance(ACCESS_RULES[key], Decision)} == set()


@each_case("row", range(1, len(ROWS)))
def test_table_without_a_row_is_rejected(row: int) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        parse_access_rules("\n".join(ROWS[:row] + ROWS[row + 1 :]))


@each_case(
    "table",
    [
        "\n".join([*ROWS, ROWS[1]]),
        "\n".join([*ROWS[:-1], ROWS[-1].rpartition(" ")[0]]),
        "\n".join([*ROWS[:-1], f"{ROWS[-1]} yes"]),
        _TABLE.replace("stranger", "visitor"),
        _TABLE.replace("deliver", "lose", 1),
        _TABLE.replace("ostore", "bazaar", 1),
        _TABLE.replace("yes", "maybe", 1),
        "origin action",
    ],
    ids=["a row twice", "a cell less", "a cell more", "relation", "action", "origin", "decision", "empty"],
)
def test_malformed_table_is_rejected(table: str) -> None:
    with pytest.raises(ValueError, match=r"exactly once|not a valid|zip\(\)"):
        parse_access_rules(table)


@each_case("origin", Origin)
@each_case("action", Action)
def test_only_strangers_are_unrelated(origin: Origin, action: Action) -> None:
    unrelated = [relation for relation in Relation if ACCESS_RULES[origin, action, relation] is Decision.UNRELATED]

    assert unrelated == [Relation.STRANGER]
    assert not is_allowed(origin, action, frozenset())


@each_case("origin", Origin)
@each_case("status", OrderStatus)
def test_administrator_may_set_every_next_status(origin: Origin, status: OrderStatus) -> None:
    assert allowed_statuses(origin, status, frozenset({Relation.ADMINISTRATOR})) == TRANSITIONS[status]


@each_case("origin", Origin)
@each_case("status", OrderStatus)
@each_case("relation", Relation)
def test_no_relation_exceeds_the_lifecycle(origin: Origin, status: OrderStatus, relation: Relation) -> None:
    assert allowed_statuses(origin, status, frozenset({relation})) <= TRANSITIONS[status]


@each_case(
    ("access", "actor", "relations"),
    [
        (AccessPolicy(), ADA, {Relation.OWNER}),
        (AccessPolicy(), CLERK, {Relation.OPERATOR}),
        (AccessPolicy(), ADMIN, {Relation.OPERATOR, Relation.ADMINISTRATOR, Relation.READER, Relation.CASHIER}),
        (
            AccessPolicy(),
            Actor(subject="ada", role=Role.ADMIN),
            {Relation.OWNER, Relation.OPERATOR, Relation.ADMINISTRATOR, Relation.READER, Relation.CASHIER},
        ),
        (AccessPolicy(), GRACE, {Relation.STRANGER}),
        (AccessPolicy(), CARRIER, {Relation.CARRIER}),
        (OWNER_ONLY_HIDDEN, Actor(subject="ada", role=Role.ADMIN), {Relation.OWNER}),
        (OWNER_ONLY_HIDDEN, ADMIN, {Relation.STRANGER}),
        (OWNER_ONLY_HIDDEN, CLERK, {Relation.STRANGER}),
    ],
)
def test_actor_has_expected_relations(access: AccessPolicy, actor: Actor, relations: set[Relation]) -> None:
    assert access.relations(actor, placed(by=ADA)) == relations


def test_guest_order_has_no_owner() -> None:
    order = placed(by=ADA)
    order.user_id = None

    assert AccessPolicy().relations(ADA, order) == {Relation.STRANGER}


def order_of(origin: Origin) -> Order:
    return placed(by=ADA, origin=origin)


def test_rejected_transition_lists_allowed_statuses() -> None:
    with pytest.raises(TransitionNotPermitted) as refusal:
        OWNER_ONLY_HIDDEN.require_status(ADA, order_of(Origin.ORDERS), only(OrderStatus.CONFIRMED))

    assert refusal.value.allowed == {OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELED}
    assert (refusal.value.origin, refusal.value.current) == (Origin.ORDERS, OrderStatus.PENDING)
    assert str(refusal.value) == (
        "An order placed through the contract orders cannot be changed from PENDING to CONFIRMED by this actor."
    )


def test_invalid_transition_precedes_access_check() -> None:
    with pytest.raises(InvalidTransition) as refusal:
        ADMIN_ONLY.require_status(ADMIN, order_of(Origin.CHECKOUT), only(OrderStatus.DELIVERED))

    assert not isinstance(refusal.value, TransitionNotPermitted)


def test_current_status_needs_no_permission() -> None:
    OWNER_ONLY_HIDDEN.require_status(ADA, order_of(Origin.MANAGEMENT), only(OrderStatus.PENDING))


@pytest.mark.parametrize(
    ("access", "actor", "origin", "action"),
    [
        (WRITERS_ONLY, CLERK, Origin.MANAGEMENT, Action.CANCEL),
        (OWNER_ONLY, ADA, Origin.CHECKOUT, Action.DELETE),
        (CARRIERS_ONLY, CARRIER, Origin.ORDERS, Action.PAY),
    ],
)
def test_reserved_action_is_denied(access: AccessPolicy, actor: Actor, origin: Origin, action: Action) -> None:
    with pytest.raises(ActionNotPermitted, match=origin.value) as refusal:
        access.authorize_order(actor, order_of(origin), action)

    assert isinstance(refusal.value, AccessDenied)
    assert (refusal.value.origin, refusal.value.action) == (origin, action)
