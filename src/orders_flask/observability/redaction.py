"""Redaction of the settings' secrets in texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from urllib.parse import unquote

from orders_flask.settings import Settings


def redact(text: str, settings: Settings) -> str:
    """Replace the secrets in the text by stars, because libraries' messages may contain the URL of a connection."""
    values = [str(getattr(settings, setting.name)) for setting in fields(settings) if setting.metadata["secret"]]
    secrets = {form for value in values for part in _parts(value) for form in (part, unquote(part))}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return text


def _parts(value: str) -> Iterator[str]:
    """Yield a secret, the password of a URL (also its pieces, because a URL may be misparsed), and secret options."""
    yield value
    password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
    yield password
    yield from re.split(r"[@:/?#]", password)
    yield from re.findall(r"(?:password|secret)=([^&\s]+)", value)
