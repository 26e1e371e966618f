"""Access policies: which actors a contract serves, and what it discloses to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from orders_domain.model.accounts.actor import Role
from orders_domain.model.life.changes import allowed_actions
from orders_domain.model.status import TRANSITIONS, InvalidTransition

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.history import HistoryEntry
    from orders_domain.model.order import Order
    from orders_domain.model.status import TargetStatus

ACTIONS: Mapping[str, Action] = {
    "confirm": Action.CONFIRM,
    "cancel": Action.CANCEL,
    "ship": Action.SHIP,
    "hold": Action.HOLD,
    "release": Action.HOLD,
    "annotate": Action.ANNOTATE,
    "record_payment": Action.RECORD,
    "refund": Action.REFUND,
    "return": Action.RETURN,
    "receive_return": Action.RETURN,
}
"""The action of the access rules behind each of ``allowed_actions`` of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """Grants access to the owner and to the given roles and scopes. ``hides_existence`` reports others as 'not found'.

    A policy belongs to a contract and decides which actors the contract serves. The access rules of the order's origin
    decide which actions they may perform; with ``ownership_alone`` the rules ignore the actor's role and scopes.
    """

    owner: bool = True
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()
    hides_existence: bool = False
    ownership_alone: bool = False

    def authorize(self, actor: Actor) -> None:
        """Check what can be checked before an order is read.

        Raises:
            AccessDenied: the policy grants nothing to owners, and nothing to the actor's role and scopes.
        """
        if not self.owner and not self.grants_all(actor):
            scopes = f"the scope {' or '.join(sorted(self.scopes))}" if self.scopes else ""
            required = " or ".join(filter(None, ("the administrator role" if self.roles else "", scopes)))
            raise AccessDenied(f"This operation requires {required}.")

    def authorize_order(self, actor: Actor, order: Order, action: Action = Action.READ) -> None:
        """Check that the actor may perform the action on the order.

        Raises:
            OrderHidden: the order belongs to another user, and the policy hides its existence.
            AccessDenied: the order belongs to another user.
            ActionNotPermitted: the access rules of the order's origin do not allow the action to the actor.
        """
        if not (self.owner and order.user_id == actor.subject) and not self.grants_all(actor):
            if self.hides_existence:
                raise OrderHidden(order.id)
            raise AccessDenied("This order belongs to another user.")
        if not is_allowed(order.origin, action, self.relations(actor, order)):
            raise ActionNotPermitted(order.origin, action)

    def require_status(self, actor: Actor, order: Order, target: TargetStatus) -> None:
        """Check that the actor may set the status. A status equivalent to the current one is always allowed.

        Raises:
            InvalidTransition: the lifecycle does not allow the transition.
            TransitionNotPermitted: the access rules of the order's origin do not allow it to the actor.
        """
        if order.status in target.equivalent:
            return
        allowed = allowed_statuses(order.origin, order.status, self.relations(actor, order))
        if target.status not in TRANSITIONS[order.status]:
            raise InvalidTransition(order.status, target.status, allowed)
        if target.status not in allowed:
            raise TransitionNotPermitted(order.origin, order.status, target.status, allowed)

    def relations(self, actor: Actor, order: Order) -> frozenset[Relation]:
        """Return the actor's relations to the order that this policy recognizes."""
        if actor.role is Role.SYSTEM:  # checked first, because its subject may equal a user id
            return frozenset({Relation.CARRIER})
        relations = {
            Relation.OWNER: order.user_id == actor.subject,
            Relation.OPERATOR: actor.has_scope("orders:write") and not self.ownership_alone,
            Relation.ADMINISTRATOR: actor.role is Role.ADMIN and not self.ownership_alone,
            Relation.READER: actor.has_scope("orders:read") and not self.ownership_alone,
            Relation.CASHIER: actor.has_scope("payments:write") and not self.ownership_alone,
        }
        applicable = frozenset(relation for relation, applies in relations.items() if applies)
        return applicable or frozenset({Relation.STRANGER})

    def allowed_actions(self, actor: Actor, order: Order) -> tuple[str, ...]:
        """Return the actions that the state of the order and the access rules allow to the actor."""
        relations = self.relations(actor, order)
        return tuple(name for name in allowed_actions(order) if is_allowed(order.origin, ACTIONS[name], relations))

    def visible_entries(self, actor: Actor, order: Order, entries: Iterable[HistoryEntry]) -> list[HistoryEntry]:
        """Return the entries that the actor may see: internal notes only readers, operators and administrators."""
        sees_internal = self.relations(actor, order) & {Relation.READER, Relation.OPERATOR, Relation.ADMINISTRATOR}
        return [entry for entry in entries if sees_internal or not entry.is_internal]

    def authorize_owner(self, actor: Actor, user_id: str | None) -> None:
        """Check that the actor may read all orders of the user, or of all users if ``user_id`` is None.

        Raises:
            AccessDenied: the policy does not grant this to the actor.
        """
        if not (self.owner and user_id == actor.subject) and not self.grants_all(actor):
            raise AccessDenied("These orders belong to another user.")

    def grants_all(self, actor: Actor) -> bool:
        return actor.role in self.roles or any(actor.has_scope(scope) for scope in self.scopes)


OWNER_ONLY_HIDDEN = AccessPolicy(hides_existence=True, ownership_alone=True)
"""Clauses 000-09, 000-13: roles and scopes grant nothing, and other users get 'not found'."""

OWNER_OR_ADMIN = AccessPolicy(roles=frozenset({Role.ADMIN}))
"""Clause 002-05: customers access their own orders, administrators all orders."""

OWNER_ONLY = AccessPolicy()
"""Clause 002-13: only the owner, not even administrators; other users get 'forbidden'."""

OWNER_OR_WRITER = AccessPolicy(scopes=frozenset({"orders:write"}))
"""Clause 004-07: customers access their own orders, operators all orders; a guest's order has no owner."""

WRITERS_ONLY = AccessPolicy(owner=False, scopes=frozenset({"orders:write"}))
"""Clause 004-08: operators only."""

ADMIN_ONLY = AccessPolicy(owner=False, roles=frozenset({Role.ADMIN}))
"""Clause 002-07: administrators only."""

ADMIN_OR_READER = AccessPolicy(owner=False, roles=frozenset({Role.ADMIN}), scopes=frozenset({"orders:read"}))
"""Clause 002-15: administrators, and operators who find orders but change none."""

ADMIN_OR_OPERATOR = AccessPolicy(
    owner=False, roles=frozenset({Role.ADMIN}), scopes=frozenset({"orders:read", "orders:write"})
)
"""Administrators and operators: the search for orders by the data of their customers."""

OWNER_OR_ADMIN_HIDDEN = AccessPolicy(roles=frozenset({Role.ADMIN}), hides_existence=True)
"""Clause 003-06: as ``OWNER_OR_ADMIN``, but other users get 'not found'."""

CARRIERS_ONLY = AccessPolicy(owner=False, roles=frozenset({Role.SYSTEM}))
"""Clause 003-07: tracking events."""

SHOP = AccessPolicy(
    roles=frozenset({Role.ADMIN}),
    scopes=frozenset({"orders:read", "orders:write", "payments:write"}),
    hides_existence=True,
)
"""The contract ``shop``: customers access their own orders, holders of a scope all; others get 'not found'."""
