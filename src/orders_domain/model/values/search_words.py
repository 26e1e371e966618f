"""Search words: the words of a text in a form that ignores case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_WORD_LENGTH = 64  # characters; longer words are cut, also those that are searched for
# Letters whose stroke, or missing dot, Unicode does not take for an accent.
_BARE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h"})
_WORD = re.compile(r"[^\W_]+")


def search_words(text: str) -> tuple[str, ...]:
    """Return the different words of the text, sorted: runs of letters and digits, without case and accents.

    Every store searches in these words and not in the text, because the parsers and collations of databases differ.
    """
    return tuple(sorted({word[:MAX_WORD_LENGTH] for word in _WORD.findall(_plain(text))}))


def compact_words(text: str) -> tuple[str, ...]:
    """Return the words between white space in their sequence, each without its punctuation: ``R-1 o'Brien`` has two."""
    return tuple(word for part in _plain(text).split() if (word := _compact(part)))


def compact_word(text: str) -> str:
    """Return the letters and digits of the text as one word, which is empty if it has none."""
    return _compact(_plain(text))


def found_words(text: str) -> Iterator[str]:
    """Yield the words by which the text is found: those of ``search_words`` and ``compact_words``."""
    for part in _plain(text).split():
        words = _WORD.findall(part)
        if len(words) > 1:
            yield "".join(words)[:MAX_WORD_LENGTH]
        for word in words:
            yield word[:MAX_WORD_LENGTH]


def _compact(plain: str) -> str:
    return "".join(_WORD.findall(plain))[:MAX_WORD_LENGTH]


def _plain(text: str) -> str:
    if text.isascii():  # which most texts are
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character)).casefold().translate(_BARE)
