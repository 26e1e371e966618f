"""Random secrets of an installation without secrets of its own, in a private file beside its database."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from orders_adapters.private_files import is_private, open_private
from orders_flask.settings import InvalidSetting, Settings

_BYTES = 32
_NAMES = {"token_secret": "JWT_SECRET", "cart_secret": "CART_SNAPSHOT_SECRET", "demo_password": "DEMO_PASSWORD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSecrets:
    """The secrets of one database, which every process of its directory shares."""

    token_secret: str = field(repr=False)
    cart_secret: str = field(repr=False)
    demo_password: str = field(repr=False)


def token_secret(settings: Settings) -> str:
    """Return the secret that signs tokens: that of the settings, otherwise the local one.

    Raises:
        InvalidSetting: see ``local_secrets``.
    """
    return settings.jwt_secret or local_secrets(settings).token_secret


def cart_secrets(settings: Settings) -> tuple[str, ...]:
    """Return the secrets that verify carts: those of the settings, otherwise the local one.

    Raises:
        InvalidSetting: see ``local_secrets``.
    """
    return settings.cart_secrets or (local_secrets(settings).cart_secret,)


def local_secrets(settings: Settings) -> LocalSecrets:
    """Return the secrets of the file; the first call creates it.

    Raises:
        InvalidSetting: the file cannot be written or read, or others may read it.
    """
    file = settings.local_secrets
    try:
        if not file.exists():
            _create(file)
        return _read(file)
    except (OSError, UnicodeError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidSetting(
            f"JWT_SECRET and CART_SNAPSHOT_SECRET must be set, or {file} must be writable and readable: {reason}."
        ) from error


def _create(file: Path) -> None:
    """Create the file as a whole: of several processes that create it at once, all read the file of the first."""
    draft = file.with_name(f"{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with open_private(draft, "xb") as text:
            text.write("".join(f"{name}={secrets.token_hex(_BYTES)}\n" for name in _NAMES.values()).encode())
            text.flush()
            os.fsync(text.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def _read(file: Path) -> LocalSecrets:
    if not is_private(file):
        raise InvalidSetting(f"{file} must be readable by its owner only, because it has secrets: chmod 600 {file}")
    values = dotenv_values(file)
    stored = {field: values.get(name) or "" for field, name in _NAMES.items()}
    if any(len(secret) < 32 for secret in stored.values()):
        raise InvalidSetting(f"{file} must have {', '.join(_NAMES.values())} of at least 32 characters; delete it.")
    return LocalSecrets(**stored)
