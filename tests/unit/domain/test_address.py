"""Validation of addresses: complete, not blank, not too long, and storable."""

from typing import Any

import pytest

from orders_domain.errors import InvalidValue
from orders_domain.model.address import MAX_LENGTHS, Address
from tests.support.cases import each_case

HOME: dict[str, Any] = {
    "line1": "12 Hill Road", "line2": "Flat 3", "city": "Leeds",
    "state": "Yorkshire", "postal_code": "LS1 4AP", "country": "United Kingdom",
}  # fmt: skip


@pytest.mark.clause("002-18")
@each_case("wrong", ["", " ", "\t\n\u3000", "a\x00b", "a\ud800b", 1, True, b"x", []])
@each_case("part", list(HOME))
def test_invalid_part_is_rejected_by_name(part: str, wrong: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Address(**HOME | {part: wrong})

    assert refusal.value.field == part


@each_case("part", list(HOME))
def test_part_has_a_maximum_length(part: str) -> None:
    assert Address(**HOME | {part: "ö" * MAX_LENGTHS[part]})

    with pytest.raises(InvalidValue) as refusal:
        Address(**HOME | {part: "ö" * (MAX_LENGTHS[part] + 1)})

    assert refusal.value.field == part


@pytest.mark.parametrize("part", [part for part in HOME if part != "line2"])
def test_all_parts_but_line2_are_required(part: str) -> None:
    with pytest.raises(InvalidValue):
        Address(**HOME | {part: None})
    with pytest.raises(TypeError):
        Address(**{name: text for name, text in HOME.items() if name != part})


def test_line2_may_be_missing() -> None:
    assert Address(**HOME | {"line2": None}).line2 is None


def test_parts_rebuild_the_address_unchanged() -> None:
    address = Address(**HOME | {"city": " Leeds <b> "})

    assert Address(**address.as_dict()) == address  # type: ignore[arg-type]
    assert address.city == " Leeds <b> "
