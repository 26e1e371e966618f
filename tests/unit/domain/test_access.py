"""Who may touch an order: owners, roles and scopes, and what strangers are told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_domain import AccessPolicy, Actor, Role
from orders_domain.errors import AccessDenied, InvalidValue, OrderNotFound
from orders_domain.model.access import OWNER_ONLY_HIDDEN
from tests.support.examples import ADA, ADMIN, CLERK, GRACE, placed

CLERKS = AccessPolicy(scopes=frozenset({"orders:write"}))
ADMINS = AccessPolicy(roles=frozenset({Role.ADMIN}))


@pytest.mark.parametrize(
    "access", [OWNER_ONLY_HIDDEN, CLERKS, ADMINS, AccessPolicy()], ids=["owner", "clerks", "admins", "none"]
)
def test_an_owner_may_always(access: AccessPolicy) -> None:
    access.authorize_order(ADA, placed(by=ADA))
    access.authorize_owner(ADA, "ada")


@pytest.mark.parametrize("stranger", [GRACE, CLERK, ADMIN, Actor(subject="Ada"), Actor(subject="ada ")])
def test_where_existence_is_hidden_a_stranger_hears_not_found_whatever_the_role_and_scopes(stranger: Actor) -> None:
    order = placed(by=ADA)

    with pytest.raises(OrderNotFound) as refusal:
        OWNER_ONLY_HIDDEN.authorize_order(stranger, order)

    assert refusal.value.order_id == order.id
    assert "ada" not in str(refusal.value)


@pytest.mark.parametrize(
    ("access", "opens_to", "closed_to"),
    [
        (CLERKS, [CLERK, ADMIN], [GRACE, Actor(subject="reader", scopes=frozenset({"orders:read"}))]),
        (ADMINS, [ADMIN], [GRACE, CLERK, Actor(subject="worker", role=Role.SYSTEM)]),
        (AccessPolicy(), [], [GRACE, CLERK, ADMIN]),
    ],
    ids=["clerks", "admins", "none"],
)
def test_roles_and_scopes_open_what_is_named_and_nothing_else(
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
def test_the_list_of_somebody_else_is_denied_not_hidden(stranger: Actor) -> None:
    with pytest.raises(AccessDenied):
        OWNER_ONLY_HIDDEN.authorize_owner(stranger, "ada")


@given(st.text(min_size=1, max_size=10))
def test_an_administrator_has_every_scope_and_others_only_their_own(scope: str) -> None:
    assert ADMIN.has_scope(scope)
    assert GRACE.has_scope(scope) is False
    assert Actor(subject="clerk", scopes=frozenset({scope})).has_scope(scope)


@pytest.mark.parametrize(
    "subject",
    ["", "a" * 65, "ada\x00", "\ud800", None, 7, True, ["ada"], b"ada"],
    ids=["empty", "65 characters", "NUL", "surrogate", "None", "number", "true", "list", "bytes"],
)
def test_a_subject_is_a_string_of_1_to_64_storable_characters(subject: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Actor(subject=subject)

    assert refusal.value.field == "sub"


@pytest.mark.parametrize("subject", ["a", "a" * 64, "💡" * 64, "auth0|5f7c", "' OR 1=1 --"])
def test_any_other_string_is_a_subject(subject: str) -> None:
    assert Actor(subject=subject).subject == subject
