"""Generated parts of docs/reference, and names in docs/operations.md, compared with the code."""

import re
from pathlib import Path

import pytest
from tools import lifecycle, reference

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.mark.parametrize("page", reference.TABLES)
def test_generated_tables_are_current(page: str) -> None:
    shown = reference.generated((reference.REFERENCE / page).read_text())

    assert shown.splitlines() == reference.TABLES[page]().splitlines(), "run: make reference"


def test_lifecycle_diagram_is_current() -> None:
    assert reference.DIAGRAM.read_text() == lifecycle.svg(), "run: make reference"


def test_alert_rules_use_documented_metrics() -> None:
    rules = OPERATIONS.read_text().partition("```yaml\ngroups:")[2].partition("```")[0]
    used = set(re.findall(r"\borders_[a-z_]+", rules))
    documented = set(re.findall(r"`(orders_[a-z_]+)`", reference.metrics_table()))

    unknown = {name for name in used if re.sub(r"_(bucket|count|sum)$", "", name) not in documented}

    assert used
    assert unknown == set()


def test_log_table_lists_the_fields_of_calls() -> None:
    rows = reference.log_table().splitlines()

    assert any("`method`, `path`, `route`, `status`, `duration_ms`" in row for row in rows)
    assert any("`reason`" in row and "`use_case`" in row and "| warning |" in row for row in rows)


def test_log_events_are_noun_and_participle() -> None:
    events = re.findall(r"^\| `(.*?)` \|", reference.log_table(), re.MULTILINE)

    assert "use_case.completed" in events
    assert [event for event in events if not re.fullmatch(r"[a-z_]+\.[a-z_]*ed", event)] == []


def test_log_table_has_fields_of_adapters() -> None:
    assert "`event.published` | info | `orders_adapters.memory.event_publisher` | `type`, `order`, `version` |" in (
        reference.log_table()
    )
