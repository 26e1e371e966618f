"""Secrets and headers of Standard Webhooks (version v1: HMAC-SHA256)."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_LENGTH = 32  # bytes; Standard Webhooks asks for 24 to 64


def new_secret() -> str:
    """Return a new random secret: ``whsec_`` and the Base64 of 32 bytes."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_LENGTH)).decode()


def signed_headers(message_id: str, body: bytes, *, at: datetime, with_secrets: Sequence[str]) -> Mapping[str, str]:
    """Return the headers of a message: its id, the time in seconds, and a signature for each secret."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in with_secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return b64encode(hmac.digest(key, content, "sha256")).decode()
