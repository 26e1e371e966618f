"""Who may touch an order, and what a stranger is told: decided here, for every contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orders_domain.actor import Role
from orders_domain.errors import AccessDenied, OrderHidden

if TYPE_CHECKING:
    from orders_domain.actor import Actor
    from orders_domain.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The owner may; so may the roles and scopes named. Others hear 'not found' where existence is hidden."""

    owner: bool = True
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()
    hides_existence: bool = False

    def admit(self, actor: Actor) -> None:
        """Return unless it is clear, without a look at any order, that the actor may not.

        Raises:
            AccessDenied: owning an order opens nothing here, and neither role nor scope does.
        """
        if not self.owner and not self.opens_all_to(actor):
            raise AccessDenied(f"This is for {'administrators' if self.roles else ' '.join(sorted(self.scopes))}.")

    def require(self, actor: Actor, order: Order) -> None:
        """Return if the actor may touch the order.

        Raises:
            OrderHidden: it may not, and this contract does not tell strangers what exists.
            AccessDenied: it may not.
        """
        if (self.owner and order.user_id == actor.subject) or self.opens_all_to(actor):
            return
        if self.hides_existence:
            raise OrderHidden(order.id)
        raise AccessDenied("This order belongs to somebody else.")

    def require_user(self, actor: Actor, user_id: str | None) -> None:
        """Return if the actor may see all orders of the user; of everybody, where none is named.

        Raises:
            AccessDenied: it may not.
        """
        if not (self.owner and user_id == actor.subject) and not self.opens_all_to(actor):
            raise AccessDenied("These orders belong to somebody else.")

    def opens_all_to(self, actor: Actor) -> bool:
        return actor.role in self.roles or any(actor.may(scope) for scope in self.scopes)


OWNER_ONLY = Access(hides_existence=True)
"""Clauses 000-09, 000-13: role and scope open nothing, and a stranger hears 'not found'."""

OWNER_OR_ADMIN = Access(roles=frozenset({Role.ADMIN}))
"""Clause 002-05: customers their own orders, administrators all."""

OWNER_ALONE = Access()
"""Clause 002-13: nobody else, administrators neither; strangers are told so."""

OWNER_OR_WRITER = Access(scopes=frozenset({"orders:write"}))
"""Clause 004-07: customers their own orders, operators all; a guest's order is nobody's own."""

WRITERS_ONLY = Access(owner=False, scopes=frozenset({"orders:write"}))
"""Clause 004-08."""

ADMIN_ONLY = Access(owner=False, roles=frozenset({Role.ADMIN}))
"""Clause 002-07."""

OWNER_OR_ADMIN_HIDDEN = Access(roles=frozenset({Role.ADMIN}), hides_existence=True)
"""Clause 003-06: likewise, and strangers hear 'not found'."""
