"""Access policies of an order: owners, roles, scopes, and strangers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, placed
from orders_domain import AccessPolicy, Actor, Role
from orders_domain.errors import AccessDenied, InvalidValue, OrderNotFound
from orders_domain.model.access import OWNER_ONLY_HIDDEN
from tests.support.cases import each_case

CLERKS = AccessPolicy(scopes=frozenset({"orders:write"}))
ADMINS = AccessPolicy(roles=frozenset({Role.ADMIN}))


@pytest.mark.parametrize(
    "access", [OWNER_ONLY_HIDDEN, CLERKS, ADMINS, AccessPolicy()], ids=["owner", "clerks", "admins", "none"]
)
def test_owner_is_always_authorized(access: AccessPolicy) -> None:
    access.authorize_order(ADA, placed(by=ADA))
    access.authorize_owner(ADA, "ada")


@pytest.mark.parametrize("stranger", [GRACE, CLERK, ADMIN, Actor(subject="Ada"), Actor(subject="ada ")])
def test_hidden_order_is_not_found_for_strangers(stranger: Actor) -> None:
    order = placed(by=ADA)

    with pytest.raises(OrderNotFound) as refusal:
        OWNER_ONLY_HIDDEN.authorize_order(stranger, order)

    assert refusal.value.order_id == order.id
    assert ADA.subject not in str(refusal.value).replace(str(order.id), "")


@pytest.mark.parametrize(
    ("access", "opens_to", "closed_to"),
    [
        (CLERKS, [CLERK, ADMIN], [GRACE, Actor(subject="reader", scopes=frozenset({"orders:read"}))]),
        (ADMINS, [ADMIN], [GRACE, CLERK, Actor(subject="worker", role=Role.SYSTEM)]),
        (AccessPolicy(), [], [GRACE, CLERK, ADMIN]),
    ],
    ids=["clerks", "admins", "none"],
)
def test_roles_and_scopes_authorize_only_as_listed(
    access: AccessPolicy, opens_to: list[Actor], closed_to: list[Actor]
) -> None:
    order = placed(by=ADA)

    for actor in opens_to:
        access.authorize_order(actor, order)
        access.authorize_owner(actor, "ada")
    for actor in closed_to:
        with pytest.raises(AccessDenied):
            access.authorize_order(actor, order)
        with pytest.raises(AccessDenied):
            access.authorize_owner(actor, "ada")


@pytest.mark.parametrize("stranger", [GRACE, CLERK, ADMIN])
def test_list_of_another_user_is_denied(stranger: Actor) -> None:
    with pytest.raises(AccessDenied):
        OWNER_ONLY_HIDDEN.authorize_owner(stranger, "ada")


@given(st.text(min_size=1, max_size=10))
def test_administrator_has_every_scope(scope: str) -> None:
    assert ADMIN.has_scope(scope)
    assert GRACE.has_scope(scope) is False
    assert Actor(subject="clerk", scopes=frozenset({scope})).has_scope(scope)


@each_case(
    "subject",
    ["", "a" * 256, "ada\x00", "\ud800", None, 7, True, ["ada"], b"ada"],
    ids=["empty", "65 characters", "NUL", "surrogate", "None", "number", "true", "list", "bytes"],
)
def test_invalid_subject_is_rejected(subject: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Actor(subject=subject)

    assert refusal.value.field == "subject"


@pytest.mark.parametrize("subject", ["a", "a" * 255, "💡" * 255, "auth0|5f7c", "' OR 1=1 --"])
def test_storable_subject_is_accepted(subject: str) -> None:
    assert Actor(subject=subject).subject == subject
