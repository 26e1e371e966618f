"""Order filter: bounds of each condition."""

from datetime import timedelta

from orders_adapters.testing.examples import ADA, NOON, TOTAL, placed
from orders_domain import Money
from orders_domain.model.order_filter import OrderFilter
from tests.support.cases import each_case

TICK = timedelta(microseconds=1)


@each_case(
    ("order_filter", "expected"),
    [
        (OrderFilter(placed_from=NOON), True),
        (OrderFilter(placed_from=NOON + TICK), False),
        (OrderFilter(placed_before=NOON), False),
        (OrderFilter(placed_before=NOON + TICK), True),
        (OrderFilter(min_total=TOTAL), True),
        (OrderFilter(min_total=Money(TOTAL.minor + 1, "USD")), False),
        (OrderFilter(max_total=TOTAL), True),
        (OrderFilter(max_total=Money(TOTAL.minor - 1, "USD")), False),
        (OrderFilter(min_total=Money(0, "EUR")), False),
        (OrderFilter(user_id="ada"), True),
        (OrderFilter(user_id="Ada"), False),
    ],
)
def test_condition_matches_up_to_its_bound(order_filter: OrderFilter, expected: bool) -> None:
    assert order_filter.matches(placed(by=ADA, at=NOON)) is expected
