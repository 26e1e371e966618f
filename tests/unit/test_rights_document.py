"""Tables of docs/rights.md, compared with the code."""

from collections.abc import Iterable
from pathlib import Path

from orders_domain.model.access_rules import ACCESS_RULES, Action, Relation, allowed_statuses
from orders_domain.model.origin import Origin
from orders_domain.model.status import TRANSITIONS, OrderStatus

DOCUMENT = Path(__file__).parents[2] / "docs" / "rights.md"


def test_access_table_matches_the_code() -> None:
    relations = [relation for relation in Relation if relation is not Relation.STRANGER]
    rows = [
        [origin.value, action.value, *(ACCESS_RULES[origin, action, relation].value for relation in relations)]
        for origin in Origin
        for action in Action
    ]

    assert shown("access rules") == drawn(["origin", "action", *(relation.value for relation in relations)], rows)


def test_lifecycle_table_matches_the_code() -> None:
    relations = [Relation.OWNER, Relation.OPERATOR, Relation.CARRIER]
    rows = [
        [origin.value, status.value, *(statuses(origin, status, relation) for relation in relations)]
        for origin in Origin
        for status in OrderStatus
        if any(allowed_statuses(origin, status, frozenset({relation})) for relation in relations)
    ]

    assert shown("lifecycle") == drawn(["origin", "from", *(f"{relation.value} to" for relation in relations)], rows)


def statuses(origin: Origin, current: OrderStatus, relation: Relation) -> str:
    allowed = allowed_statuses(origin, current, frozenset({relation}))
    assert allowed <= TRANSITIONS[current]
    return ", ".join(status.value for status in OrderStatus if status in allowed) or "-"


def drawn(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def shown(name: str) -> list[str]:
    """The lines of the table between its marks."""
    begin, end = f"<!-- {name}:", f"<!-- end of {name} -->"
    return DOCUMENT.read_text().partition(begin)[2].partition(end)[0].splitlines()[1:]
