"""Texts that people type or paste: white space that nobody sees is no part of them."""

import unicodedata

INVISIBLE = "\u180e\u200b\u2060\ufeff"
"""Characters without width that Unicode does not count as white space, such as a byte order mark inside a text."""

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_SPACES += f"\u2028\u2029\u202f\u205f\u3000{INVISIBLE}"
_PLAIN = str.maketrans(dict.fromkeys(_SPACES, " ") | dict.fromkeys(INVISIBLE))


def trim(text: str) -> str:
    """Return the text without white space around it: that of Unicode, with no-break and zero-width spaces."""
    return text.strip(_SPACES)


def normalize_sku(text: str) -> str:
    """Return the sku in the form that is stored and compared, because people cannot see the difference.

    The form is NFC, without white space around it and without zero-width spaces; any other space is a plain one.
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN).strip()
