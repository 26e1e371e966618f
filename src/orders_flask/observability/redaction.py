"""Text for people, without the secrets of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from urllib.parse import unquote

from orders_flask.settings import Settings


def redact(text: str, settings: Settings) -> str:
    """Return the text with stars for each secret that is a word of it: what a library says may repeat its address."""
    values = [str(getattr(settings, one.name)) for one in fields(settings) if one.metadata["secret"]]
    secrets = {form for value in values for part in _parts(value) for form in (part, unquote(part))}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return text


def _parts(value: str) -> Iterator[str]:
    """A secret; in an address its password, also in pieces, for it may have been misread; the options' values."""
    yield value
    password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
    yield password
    yield from re.split(r"[@:/?#]", password)
    yield from re.findall(r"(?:password|secret)=([^&\s]+)", value)
