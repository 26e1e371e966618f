"""CSV cells that no spreadsheet evaluates as a formula, in any locale, and from which the text can be restored.

A spreadsheet evaluates a cell that begins with a formula sign, also in its full-width spelling. It may trim space,
invisible characters and quotes before it, and with another separator it splits a text into further cells. So an
apostrophe is inserted wherever a text, or a part of it after a separator, would begin with a formula sign.
"""

import re

_FORMULA = "=+@\\-＝＋－＠﹦﹢﹣﹫⁼⁺⁻₊₌₋﬩−‐-―⩵⩶"
"""The signs = + - @, each character that Unicode's compatibility normalization maps to one, and other dashes."""

_SEPARATORS = ";|\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
"""Separators of cells in other locales, and line breaks, which end a row wherever a quote is not recognized."""

_SKIPPED = (
    "\\s\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\"'`´«»‹›‘-‟＂＇｀,"
)
"""Space, control and invisible characters, quotes, and the comma, which RFC 4180 quotes."""

_SKIPPABLE = f"{_SEPARATORS}{_SKIPPED}"
_SIGN = re.compile(f"[{_FORMULA}]")
_RUN = re.compile(f"([{_SKIPPABLE}]+)([{_FORMULA}]?)|[{_FORMULA}]")
"""A longest text that may precede a sign, with the sign if one follows. So the time is linear in the text's length."""
_AFTER_SEPARATOR = re.compile(f"(?<=[{_SEPARATORS}])")
_ESCAPED = re.compile(f"(?<=[{_SEPARATORS}])'")


def escape(text: str) -> str:
    """Return the text with an apostrophe at each place where a formula could begin."""
    return _RUN.sub(_escaped_run, text) if _SIGN.search(text) else text


def unescape(cell: str) -> str:
    """Return the text that ``escape`` had got."""
    return _RUN.sub(_unescaped_run, cell) if _SIGN.search(cell) else cell


def _escaped_run(run: re.Match[str]) -> str:
    if run[1] and not run[2]:
        return run[0]
    first = "" if run.start() else "'"
    return first + _AFTER_SEPARATOR.sub("'", run[0])


def _unescaped_run(run: re.Match[str]) -> str:
    if run[1] and not run[2]:
        return run[0]
    rest = _ESCAPED.sub("", run[0])
    return rest if run.start() else rest.removeprefix("'")


def escape_json(text: str) -> str:
    """Return JSON that parses to the same value, and whose strings cannot be split by other separators."""
    return text.replace(";", "\\u003b").replace("|", "\\u007c")
