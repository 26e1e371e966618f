"""CSV cells: no text becomes a formula in a spreadsheet of any locale, and every text is restored."""

import csv
import json
import re
import unicodedata
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from orders_flask.files.csv_cells import escape, escape_json, unescape
from tests.support.cases import each_case

SIGNS = "=+-@"
PARTS = [
    *SIGNS,
    "＝",
    "＋",
    "－",
    "＠",
    "−",
    "'",
    '"',
    " ",
    "\t",
    "\r",
    "\n",
    ";",
    "|",
    ",",
    "\ufeff",
    "\u200b",
    "\xa0",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*PARTS, "1", "a", "cmd"]), max_size=8).map("".join))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet that trims everything invisible, and quotes, would find a formula."""
    for character in unicodedata.normalize("NFKC", cell):
        if character in SIGNS:
            return True
        if not (character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs") or character == '"'):
            return False
    return False


@given(TEXTS)
def test_no_cell_is_a_formula_in_any_locale(text: str) -> None:
    for separator in ("\x00", ";", "|", "\t"):
        assert not any(is_formula(cell) for cell in re.split(f"[{separator}\r\n]", escape(text)))


@given(TEXTS)
def test_escaped_text_is_restored(text: str) -> None:
    written = StringIO(newline="")
    csv.writer(written).writerow(["1", escape(text)])
    (row,) = csv.reader(StringIO(written.getvalue(), newline=""))

    assert unescape(row[1]) == text


@given(st.text(alphabet=st.characters(categories=["L", "N"])))
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert escape(text) == text


@each_case("text", ["Tea - 250 g", "a=b", "ann@example.com", "O'Neill", "7, Main St", "1-2"])
def test_signs_within_text_are_unchanged(text: str) -> None:
    assert escape(text) == text


def test_every_unicode_spelling_is_escaped() -> None:
    """Each character that compatibility normalization makes a sign, and each invisible character before a sign."""
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    signs = [sign for sign in characters if unicodedata.normalize("NFKC", sign).strip()[:1] in tuple(SIGNS)]
    invisible = [one for one in characters if unicodedata.category(one) in ("Cc", "Cf", "Zs", "Zl", "Zp")]

    assert [sign for sign in signs if not escape(sign).startswith("'")] == []
    assert [one for one in invisible if not escape(f"{one}=1").startswith("'")] == []


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS)))
def test_escaped_json_has_no_separator(value: dict[str, object]) -> None:
    escaped = escape_json(json.dumps(value, ensure_ascii=False))

    assert json.loads(escaped) == value
    assert not set(";|\t\r\n") & set(escaped)


@each_case("text", [";'" * 60_000, ";" * 120_000, " " * 120_000])
def test_cell_of_many_separators_is_restored(text: str) -> None:
    """The time grows with the length, not with its square: by the square it would be minutes."""
    assert unescape(escape(text + "=")) == text + "="
    assert unescape(text) == text
