"""E-mail normalizer port."""

from collections.abc import Callable
from typing import TypeAlias

EmailNormalizer: TypeAlias = Callable[[str], str]
"""Return the form in which an e-mail address is stored and compared.

It has no outer white space, is in lower case and in Unicode's form NFC, and has an ASCII domain (``xn--...``), so that
every spelling of one address is one account, and mail servers of any age know the domain.

Raises:
    InvalidValue: the text is not an e-mail address of at most 254 characters.
"""
