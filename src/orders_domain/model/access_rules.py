"""Access rules: the table of the actions each relation may perform on an order, by the order's origin.

Use cases read the table through ``AccessPolicy``, for requests of every contract. The columns are relations. A missing
row or cell fails the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from orders_domain.errors import AccessDenied
from orders_domain.model.origin import Origin
from orders_domain.model.status import TRANSITIONS, InvalidTransition, OrderStatus
from orders_domain.model.values.total_table import total_table


class Relation(Enum):
    """Relation of an actor to an order. An actor can have several, such as owner and administrator."""

    OWNER = "owner"
    OPERATOR = "operator"  # has the scope orders:write
    ADMINISTRATOR = "administrator"
    CARRIER = "carrier"  # tracking events only; no token grants it
    READER = "reader"  # has the scope orders:read
    CASHIER = "cashier"  # has the scope payments:write
    STRANGER = "stranger"  # no other relation


class Action(Enum):
    """Action on a stored order."""

    READ = "read"
    CONFIRM = "confirm"
    PAY = "pay"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"
    DELETE = "delete"
    HOLD = "hold"  # and release
    ANNOTATE = "annotate"  # notes, tags and metadata
    RECORD = "record"  # a payment fact
    REFUND = "refund"  # ask for a refund
    RETURN = "return"  # authorize, receive or refuse a return


class Decision(Enum):
    """Decision of the table for one relation."""

    ALLOWED = "yes"
    NOT_PERMITTED = "-"  # the actor may read the order, but not perform the action: 403, or 409 in `orders`
    UNRELATED = "none"  # 403, or 404 if the contract hides existence


class ActionNotPermitted(AccessDenied):
    """The actor may read the order, but the access rules of its origin do not allow the action to the actor."""

    code = "action_not_permitted"

    def __init__(self, origin: Origin, action: Action) -> None:
        super().__init__(
            f"You are not permitted to {action.value} an order that was placed through the contract {origin.value}."
        )
        self.origin = origin
        self.action = action


class TransitionNotPermitted(InvalidTransition):
    """The lifecycle allows the transition, but the access rules of the order's origin do not allow it to the actor."""

    code = "transition_not_permitted"

    def __init__(
        self, origin: Origin, current: OrderStatus, target: OrderStatus, allowed: frozenset[OrderStatus]
    ) -> None:
        super().__init__(current, target, allowed)
        sentence = (
            f"An order placed through the contract {origin.value} cannot be changed from {current.value} "
            f"to {target.value} by this actor."
        )
        self.args = (sentence,)
        self.origin = origin


AccessRules: TypeAlias = Mapping[tuple[Origin, Action, Relation], Decision]

_TABLE = """
    origin      action    owner  operator  administrator  carrier  reader  cashier  stranger

    orders      read      yes    yes       yes            -        yes     yes      none
    orders      confirm   -      -         yes            yes      -       -        none
    orders      pay       yes    -         yes            -        -       -        none
    orders      ship      yes    -         yes            yes      -       -        none
    orders      deliver   -      -         yes            yes      -       -        none
    orders      cancel    yes    yes       yes            yes      -       -        none
    orders      delete    yes    -         -              -        -       -        none
    orders      hold      -      yes       yes            -        -       -        none
    orders      annotate  -      yes       yes            -        -       -        none
    orders      record    -      -         yes            -        -       yes      none
    orders      refund    -      yes       yes            -        -       -        none
    orders      return    -      yes       yes            -        -       -        none

    management  read      yes    yes       yes            -        yes     yes      none
    management  confirm   -      -         yes            -        -       -        none
    management  pay       -      -         yes            -        -       -        none
    management  ship      -      -         yes            -        -       -        none
    management  deliver   -      -         yes            -        -       -        none
    management  cancel    -      -         yes            -        -       -        none
    management  delete    yes    -         -              -        -       -        none
    management  hold      -      yes       yes            -        -       -        none
    management  annotate  -      yes       yes            -        -       -        none
    management  record    -      -         yes            -        -       yes      none
    management  refund    -      yes       yes            -        -       -        none
    management  return    -      yes       yes            -        -       -        none

    ostore      read      yes    yes       yes            -        yes     yes      none
    ostore      confirm   -      -         yes            yes      -       -        none
    ostore      pay       -      -         yes            -        -       -        none
    ostore      ship      -      -         yes            yes      -       -        none
    ostore      deliver   -      -         yes            yes      -       -        none
    ostore      cancel    -      yes       yes            yes      -       -        none
    ostore      delete    yes    -         -              -        -       -        none
    ostore      hold      -      yes       yes            -        -       -        none
    ostore      annotate  -      yes       yes            -        -       -        none
    ostore      record    -      -         yes            -        -       yes      none
    ostore      refund    -      yes       yes            -        -       -        none
    ostore      return    -      yes       yes            -        -       -        none

    checkout    read      yes    yes       yes            -        yes     yes      none
    checkout    confirm   -      -         yes            yes      -       -        none
    checkout    pay       -      -         yes            -        -       -        none
    checkout    ship      -      -         yes            yes      -       -        none
    checkout    deliver   -      -         yes            yes      -       -        none
    checkout    cancel    -      yes       yes            -        -       -        none
    checkout    delete    -      yes       yes            -        -       -        none
    checkout    hold      -      yes       yes            -        -       -        none
    checkout    annotate  -      yes       yes            -        -       -        none
    checkout    record    -      -         yes            -        -       yes      none
    checkout    refund    -      yes       yes            -        -       -        none
    checkout    return    -      yes       yes            -        -       -        none

    shop        read      yes    yes       yes            -        yes     yes      none
    shop        confirm   -      yes       yes            yes      -       -        none
    shop        pay       -      yes       yes            -        -       -        none
    shop        ship      -      yes       yes            yes      -       -        none
    shop        deliver   -      yes       yes            yes      -       -        none
    shop        cancel    yes    yes       yes            -        -       -        none
    shop        delete    -      -         -              -        -       -        none
    shop        hold      -      yes       yes            -        -       -        none
    shop        annotate  -      yes       yes            -        -       -        none
    shop        record    -      -         yes            -        -       yes      none
    shop        refund    -      yes       yes            -        -       -        none
    shop        return    -      yes       yes            -        -       -        none
"""


def parse_access_rules(table: str) -> AccessRules:
    """Return the table's cells by origin, action and relation.

    Raises:
        ValueError: a name is unknown, or a combination is missing or duplicated.
    """
    header, *rows = (line.split() for line in table.splitlines() if line.strip())
    relations = [Relation(name) for name in header[2:]]
    cells = [
        ((Origin(origin), Action(action), relation), Decision(decision))
        for origin, action, *decisions in rows
        for relation, decision in zip(relations, decisions, strict=True)
    ]
    rules = dict(cells)
    combinations = {(origin, action, relation) for origin in Origin for action in Action for relation in Relation}
    if len(cells) != len(rules) or rules.keys() != combinations:
        raise ValueError("The access rules must have each origin, action and relation exactly once.")
    return MappingProxyType(rules)


ACCESS_RULES: AccessRules = parse_access_rules(_TABLE)

_STATUS_ACTIONS: Mapping[OrderStatus, Action] = total_table(
    OrderStatus,
    {
        OrderStatus.CONFIRMED: Action.CONFIRM,
        OrderStatus.PAID: Action.PAY,
        OrderStatus.SHIPPED: Action.SHIP,
        OrderStatus.DELIVERED: Action.DELIVER,
        OrderStatus.CANCELED: Action.CANCEL,
    },
    without={OrderStatus.PENDING},
)
"""The action that sets each status; no action sets PENDING."""


def is_allowed(origin: Origin, action: Action, relations: Iterable[Relation]) -> bool:
    """Return whether the action is allowed to at least one of the relations."""
    return any(ACCESS_RULES[origin, action, relation] is Decision.ALLOWED for relation in relations)


def allowed_statuses(origin: Origin, current: OrderStatus, relations: frozenset[Relation]) -> frozenset[OrderStatus]:
    """Return the next statuses in the lifecycle that the relations may set."""
    return frozenset(
        status for status in TRANSITIONS[current] if is_allowed(origin, _STATUS_ACTIONS[status], relations)
    )
