"""Access rule table, checked over HTTP by origin, contract, role, verb and status.

A quick run tries each verb once for each origin and role, in a status in which the lifecycle allows the verb, so that
the table decides, and alternates between the two stacks. A deep run tries each verb in every status on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from orders_domain.model.access_rules import ACCESS_RULES, Action, Decision, Relation
from orders_domain.model.origin import Origin
from orders_domain.model.status import TRANSITIONS, OrderStatus, TargetStatus
from orders_domain.model.tracking import FAILURES, TRANSITIONS_BY_CARRIER_STATUS
from tests.contract.http.rights.people import People, Placed
from tests.support.client import Answer
from tests.support.depth import deep, effort
from tests.support.service_stack import Stack

P, C, PAID, S, D, X = OrderStatus
PATCH = {"PENDING": {P, C}, "PAID": {PAID}, "SHIPPED": {S, D}, "CANCELED": {X}}
PUT = {"pending": {P}, "confirmed": {C, PAID}, "shipped": {S}, "delivered": {D}, "cancelled": {X}}
"""The statuses that each word shows; asked for, it sets the first of them."""
ACTIONS = {C: Action.CONFIRM, PAID: Action.PAY, S: Action.SHIP, D: Action.DELIVER, X: Action.CANCEL}
OWNER, OPERATOR, ADMINISTRATOR, CARRIER = Relation.OWNER, Relation.OPERATOR, Relation.ADMINISTRATOR, Relation.CARRIER
RELATIONS: Mapping[str, frozenset[Relation]] = {
    "owner": frozenset({OWNER}),
    "owner and operator": frozenset({OWNER, OPERATOR}),
    "owner and administrator": frozenset({OWNER, OPERATOR, ADMINISTRATOR}),
    "operator": frozenset({OPERATOR}),
    "administrator": frozenset({OPERATOR, ADMINISTRATOR}),
    "stranger": frozenset(),
}
READERS = {
    "orders": ({OWNER}, 404),
    "management": ({OWNER, ADMINISTRATOR}, 403),
    "ostore": ({OWNER, ADMINISTRATOR}, 404),
    "checkout": ({OWNER, OPERATOR}, 403),
    "shop": ({OWNER, OPERATOR, ADMINISTRATOR}, 404),
}
"""The relations that each contract serves, and what the others get."""
VERBS = [
    *(f"{door} GET" for door in READERS),
    *(f"orders PATCH {word}" for word in PATCH),
    *(f"management PUT {word}" for word in PUT),
    *(f"management BULK {word}" for word in PUT),
    "management DELETE",
    "checkout CANCEL",
    *(f"shop {verb}" for verb in ("confirm", "cancel", "notes")),
]
LIFE = {"confirm": Action.CONFIRM, "cancel": Action.CANCEL, "notes": Action.ANNOTATE}
BODIES = {"confirm": {}, "cancel": {"reason": "late"}, "notes": {"text": "Called."}}
ORIGINS = {origin.value: origin for origin in Origin} | {"guest": Origin.CHECKOUT}


@dataclass(frozen=True)
class Cell:
    placed_by: str
    role: str
    verb: str
    status: OrderStatus

    @property
    def relations(self) -> frozenset[Relation]:
        held = RELATIONS[self.role]
        return held - {OWNER} if self.placed_by == "guest" else held

    def allows(self, action: Action, relations: frozenset[Relation]) -> bool:
        origin = ORIGINS[self.placed_by]
        return any(ACCESS_RULES[origin, action, relation] is Decision.ALLOWED for relation in relations)

    def expected(self) -> tuple[int, str]:
        """The status code of the response, and the status of the order afterwards."""
        door, verb, word = [*self.verb.split(), ""][:3]
        if verb == "GET":
            served, refusal = READERS[door]
            return 200 if served & self.relations else refusal, self.status.value
        if verb == "PATCH":
            if OWNER not in self.relations:
                return 404, self.status.value
            return self._moved(PATCH[word], frozenset({OWNER}), illegal=409, forbidden=409)
        if verb == "DELETE":
            if OWNER not in self.relations or not self.allows(Action.DELETE, self.relations):
                return 403, self.status.value
            return (200, "DELETED") if self.status is P else (400, self.status.value)
        if verb == "CANCEL":
            if OPERATOR not in self.relations or not self.allows(Action.CANCEL, self.relations):
                return 403, self.status.value
            return (200, X.value) if X in TRANSITIONS[self.status] else (409, self.status.value)
        if verb in LIFE:
            return self._lived(verb)
        if ADMINISTRATOR not in self.relations:
            return 403, self.status.value
        code, after = self._moved(PUT[word], self.relations, illegal=400, forbidden=400)
        return (200 if verb == "BULK" else code), after

    def _lived(self, verb: str) -> tuple[int, str]:
        """The outcome of a change through the contract `shop`."""
        status = self.status.value
        if not self.relations:
            return 404, status
        if not self.allows(LIFE[verb], self.relations):
            return 403, status
        to = {"confirm": C, "cancel": X, "notes": self.status}[verb]
        if verb == "cancel" and self.status is X:
            return 409, status
        return (200, to.value) if to is self.status or to in TRANSITIONS[self.status] else (409, status)

    def _moved(
        self, shown: set[OrderStatus], relations: frozenset[Relation], *, illegal: int, forbidden: int
    ) -> tuple[int, str]:
        if self.status in shown:
            return 200, self.status.value
        to = next(status for status in OrderStatus if status in shown)
        if to not in TRANSITIONS[self.status]:
            return illegal, self.status.value
        if not self.allows(ACTIONS[to], relations):
            return forbidden, self.status.value
        return 200, to.value

    def send(self, people: People, order: Placed) -> Answer:
        by, (door, verb, word) = people[self.role], [*self.verb.split(), ""][:3]
        match verb:
            case "GET":
                return order.read(by, door=door)
            case "PATCH":
                return order.patch(by, word)
            case "PUT":
                return order.put(by, word)
            case "BULK":
                return order.bulk(by, word)
            case _ if verb in LIFE:
                return order.change(by, verb, BODIES[verb])
            case "DELETE":
                return order.delete(by)
            case _:
                return order.cancel(by)


def cells() -> Iterator[Cell]:
    """Yield the cells; cells of one origin and status are adjacent, so that they share an order until it changes."""
    for placed_by in ORIGINS:
        for status in OrderStatus:
            for role in RELATIONS:
                if placed_by != "guest" or "owner" not in role:
                    verbs = (verb for verb in VERBS if deep() or status is deciding_status(verb))
                    yield from (Cell(placed_by, role, verb, status) for verb in verbs)


def deciding_status(verb: str) -> OrderStatus:
    """The status in which the lifecycle allows the verb, so that the table decides."""
    return S if verb.endswith(" delivered") else P


@pytest.mark.clause("002-05", "002-07", "002-13", "003-07", "004-07", "004-08", "000-13")
def test_every_cell_matches_the_rights_table(stack: Stack) -> None:
    people = People(stack)
    orders: dict[tuple[str, OrderStatus], Placed] = {}
    wrong: dict[Cell, tuple[object, object]] = {}

    walked = 0
    for cell in list(cells()) if deep() else list(cells())[stack.settings.uses_default_database :: 2]:
        place = cell.placed_by, cell.status
        order = orders.get(place) or people.placed_in(*place)
        response = cell.send(people, order)
        seen = response.status_code, order.status()
        if seen != cell.expected():
            wrong[cell] = seen, cell.expected()
        if seen[1] == cell.status.value:
            orders[place] = order
        else:
            orders.pop(place, None)
        walked += 1

    assert wrong == {}
    assert walked == len(VERBS) * (5 * len(RELATIONS) + 3) * effort(1, 2 * len(OrderStatus)) // 2 == effort(396, 4_752)


def after_tracking(origin: Origin, status: OrderStatus, steps: tuple[TargetStatus, ...]) -> OrderStatus | None:
    """The status after a tracking event; None if the event is rejected."""
    for step in steps:
        if status in step.equivalent:
            continue
        permitted = ACCESS_RULES[origin, ACTIONS[step.status], CARRIER] is Decision.ALLOWED
        if step.status not in TRANSITIONS[status] or not permitted:
            return None
        status = step.status
    return status


@pytest.mark.clause("003-07")
def test_every_tracking_event_matches_the_table(stack: Stack) -> None:
    people = People(stack)
    statuses = list(OrderStatus) if deep() else [P, S]  # each carrier action is legal in one of these two
    wrong: list[object] = []

    walked = 0
    for placed_by, origin in ORIGINS.items():
        for status in statuses:
            order = people.placed_in(placed_by, status)
            for word, steps in TRANSITIONS_BY_CARRIER_STATUS.items():
                is_fact = word in FAILURES and status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
                expected = status if is_fact else after_tracking(origin, status, steps)
                reason, after = order.track(word), order.status()
                if (reason is None, after) != (expected is not None, (expected or status).value):
                    wrong.append((placed_by, status, word, reason, after))
                if after != status.value:
                    order = people.placed_in(placed_by, status)
                walked += 1

    assert wrong == []
    assert walked == len(ORIGINS) * len(statuses) * len(TRANSITIONS_BY_CARRIER_STATUS) == effort(84, 252)
