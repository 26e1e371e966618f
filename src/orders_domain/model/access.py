"""Who may touch an order, and what a stranger is told: decided here, for every contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orders_domain.errors import AccessDenied, OrderHidden
from orders_domain.model.access_rules import (
    Action,
    ActionNotPermitted,
    Relation,
    TransitionNotPermitted,
    allowed_statuses,
    is_allowed,
)
from orders_domain.model.actor import Role
from orders_domain.model.status import TRANSITIONS, InvalidTransition

if TYPE_CHECKING:
    from orders_domain.model.actor import Actor
    from orders_domain.model.order import Order
    from orders_domain.model.status import TargetStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """The owner may; so may the roles and scopes named. Others hear 'not found' where existence is hidden.

    This is the part of a contract: which actors it serves at all. What these may do to an order is decided by the
    access rules of the order's origin; with ``ownership_alone`` an actor's role and scopes count for nothing there.
    """

    owner: bool = True
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()
    hides_existence: bool = False
    ownership_alone: bool = False

    def authorize(self, actor: Actor) -> None:
        """Return unless it is clear, without a look at any order, that the actor may not.

        Raises:
            AccessDenied: owning an order opens nothing here, and neither role nor scope does.
        """
        if not self.owner and not self.grants_all(actor):
            raise AccessDenied(f"This is for {'administrators' if self.roles else ' '.join(sorted(self.scopes))}.")

    def authorize_order(self, actor: Actor, order: Order, action: Action = Action.READ) -> None:
        """Return if the actor may do this to the order.

        Raises:
            OrderHidden: the order is not the actor's, and this contract does not tell strangers what exists.
            AccessDenied: the order is not the actor's.
            ActionNotPermitted: the contract that the order was placed by reserves the action for others.
        """
        if not (self.owner and order.user_id == actor.subject) and not self.grants_all(actor):
            if self.hides_existence:
                raise OrderHidden(order.id)
            raise AccessDenied("This order belongs to somebody else.")
        if not is_allowed(order.origin, action, self.relations(actor, order)):
            raise ActionNotPermitted(order.origin, action)

    def require_status(self, actor: Actor, order: Order, wanted: TargetStatus) -> None:
        """Return if the actor may set the status, or the order shows it already, so that nothing would change.

        Raises:
            InvalidTransition: the lifecycle does not allow it to anybody.
            TransitionNotPermitted: the contract that the order was placed by reserves it for others.
        """
        if order.status in wanted.equivalent:
            return
        allowed = allowed_statuses(order.origin, order.status, self.relations(actor, order))
        if wanted.status not in TRANSITIONS[order.status]:
            raise InvalidTransition(order.status, wanted.status, allowed)
        if wanted.status not in allowed:
            raise TransitionNotPermitted(order.origin, order.status, wanted.status, allowed)

    def relations(self, actor: Actor, order: Order) -> frozenset[Relation]:
        """Return what the actor is to the order, as far as this contract takes notice of it."""
        if actor.role is Role.SYSTEM:  # its subject may be the name of a user, too
            return frozenset({Relation.CARRIER})
        held = {
            Relation.OWNER: order.user_id == actor.subject,
            Relation.OPERATOR: actor.has_scope("orders:write") and not self.ownership_alone,
            Relation.ADMINISTRATOR: actor.role is Role.ADMIN and not self.ownership_alone,
        }
        return frozenset(relation for relation, holds in held.items() if holds) or frozenset({Relation.STRANGER})

    def authorize_owner(self, actor: Actor, user_id: str | None) -> None:
        """Return if the actor may see all orders of the user; of everybody, where none is named.

        Raises:
            AccessDenied: it may not.
        """
        if not (self.owner and user_id == actor.subject) and not self.grants_all(actor):
            raise AccessDenied("These orders belong to somebody else.")

    def grants_all(self, actor: Actor) -> bool:
        return actor.role in self.roles or any(actor.has_scope(scope) for scope in self.scopes)


OWNER_ONLY_HIDDEN = AccessPolicy(hides_existence=True, ownership_alone=True)
"""Clauses 000-09, 000-13: role and scope open nothing, and a stranger hears 'not found'."""

OWNER_OR_ADMIN = AccessPolicy(roles=frozenset({Role.ADMIN}))
"""Clause 002-05: customers their own orders, administrators all."""

OWNER_ONLY = AccessPolicy()
"""Clause 002-13: nobody else, administrators neither; strangers are told so."""

OWNER_OR_WRITER = AccessPolicy(scopes=frozenset({"orders:write"}))
"""Clause 004-07: customers their own orders, operators all; a guest's order is nobody's own."""

WRITERS_ONLY = AccessPolicy(owner=False, scopes=frozenset({"orders:write"}))
"""Clause 004-08."""

ADMIN_ONLY = AccessPolicy(owner=False, roles=frozenset({Role.ADMIN}))
"""Clause 002-07."""

OWNER_OR_ADMIN_HIDDEN = AccessPolicy(roles=frozenset({Role.ADMIN}), hides_existence=True)
"""Clause 003-06: likewise, and strangers hear 'not found'."""

CARRIERS_ONLY = AccessPolicy(owner=False, roles=frozenset({Role.SYSTEM}))
"""Clause 003-07: tracking events."""
