"""Search words: the words of a text in a form that ignores case and accents."""

import re
import unicodedata

MAX_WORD_LENGTH = 64  # characters; longer words are cut, also those that are searched for
_WORD = re.compile(r"[^\W_]+")


def search_words(text: str) -> tuple[str, ...]:
    """Return the different words of the text, sorted: runs of letters and digits, without case and accents.

    Every store searches in these words and not in the text, because the parsers and collations of databases differ.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return tuple(sorted({word[:MAX_WORD_LENGTH] for word in _WORD.findall(letters.casefold())}))
