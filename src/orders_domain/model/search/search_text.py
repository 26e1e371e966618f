"""Text of a search for orders, and the rule by which it matches the words of an order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from orders_domain.errors import InvalidValue
from orders_domain.model.values.search_words import compact_word, compact_words

MAX_TEXT_LENGTH = 320
"""Characters, as of the longest e-mail address."""
LEAST_BEGINNING = 3
"""Characters of the shortest Latin word that is compared with the beginnings of words; many words begin with fewer."""


@dataclass(frozen=True, slots=True)
class SearchWord:
    """A word of the text; it begins a word of the order, or is one if it is ``exact``."""

    text: str
    exact: bool = False

    def is_in(self, words: Collection[str]) -> bool:
        return self.text in words if self.exact else any(word.startswith(self.text) for word in words)


@dataclass(frozen=True, slots=True)
class SearchText:
    """Text of at most 320 characters with a letter or digit; case, accents and punctuation are ignored.

    Raises:
        InvalidValue: the text is longer, or has no letter and no digit.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_TEXT_LENGTH or not self.alternatives:
            raise InvalidValue(
                f"The text to search for must have 1 to {MAX_TEXT_LENGTH} characters, and a letter or digit.",
                field="text",
            )

    @property
    def alternatives(self) -> tuple[tuple[SearchWord, ...], ...]:
        """The ways to match: the order has every word of one of them.

        The words stand between white space. The second way is all of them as one word, because people write the spaces
        of a phone number in other places.
        """
        return _alternatives(self.text[: MAX_TEXT_LENGTH + 1])

    def matches(self, words: Collection[str]) -> bool:
        """Return whether an order with these words is found (see ``order_words``)."""
        return any(all(word.is_in(words) for word in way) for way in self.alternatives)


@lru_cache(maxsize=256)
def _alternatives(text: str) -> tuple[tuple[SearchWord, ...], ...]:
    separate = tuple(map(_word, dict.fromkeys(compact_words(text))))
    if not separate:
        return ()
    joined = (_word(compact_word(text)),)
    return (separate,) if joined == separate else (separate, joined)


def _word(text: str) -> SearchWord:
    return SearchWord(text, exact=text.isascii() and len(text) < LEAST_BEGINNING)
