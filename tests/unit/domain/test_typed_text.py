"""Texts that people type: white space that nobody sees makes no other product."""

import unicodedata
from typing import Any

import pytest

from orders_domain.errors import InvalidValue
from orders_domain.model.product import NewProduct, Product
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.values.money import Money
from orders_domain.model.values.typed_text import INVISIBLE, normalize_sku, trim
from tests.support.cases import each_case

SPACES = [character for character in map(chr, range(0x10000)) if character.isspace()] + list(INVISIBLE)


def product(**values: Any) -> NewProduct:
    given: dict[str, Any] = {"sku": "TEA-1", "name": "Tea", "price": Money(1, "USD")} | values
    return NewProduct(**given)


def test_every_space_around_a_text_is_removed() -> None:
    assert {space: trim(f"{space}Té 1{space}{space}") for space in SPACES} == dict.fromkeys(SPACES, "Té 1")


def test_space_inside_a_name_stays() -> None:
    assert product(name="Thé\u202f: 250\u00a0g").name == "Thé\u202f: 250\u00a0g"


@each_case("space", SPACES)
def test_sku_with_an_invisible_difference_is_the_same(space: str) -> None:
    visible = "" if space in INVISIBLE else " "

    assert product(sku=f"{space}THÉ{space}1{space}").sku == f"THÉ{visible}1"
    assert ProductFilter(sku=f"THÉ{space}1{space}").matches(_stored(f"THÉ{visible}1"))


def test_sku_is_the_same_in_both_forms_of_its_accents() -> None:
    assert normalize_sku(unicodedata.normalize("NFD", "THÉ-1")) == "THÉ-1"


@each_case("space", ["", *SPACES])
@each_case("field", ["sku", "name"])
def test_text_of_spaces_only_is_refused(field: str, space: str) -> None:
    with pytest.raises(InvalidValue, match="not all blank"):
        product(**{field: space * 3})


def _stored(sku: str) -> Product:
    return Product(id=1, sku=sku, name="Tea", price=Money(1, "USD"))
