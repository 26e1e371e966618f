"""Public keys of an identity provider, fetched from its JWKS URL and refreshed in the background."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

import jwt

from orders_adapters.http import transport
from orders_adapters.security.public_keys import key_error
from orders_domain.errors import IdentityUnavailable, InvalidToken

TIMEOUT = 3.0  # seconds for a whole response, also of a provider that drips
REFRESH_AFTER = 300.0  # seconds after which the keys are fetched again, while requests use the known ones
EXPIRE_AFTER = 86_400.0  # seconds for which known keys are good while the provider is away
COOLDOWN = 30.0  # seconds between two fetches for unknown key ids
RETRY_DELAY = 2.0  # seconds without a further attempt, because an unavailable provider must not delay every request

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "orders"}
_PARSE_ERRORS = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
)
_log = logging.getLogger(__name__)


class JwksKeys:
    """Selects the key by the token's ``kid``, which is optional for keys and tokens (RFC 7517, 4.5) if one key fits.

    A request waits for the provider only if its key is unknown.

    One thread at a time waits for a key that the known ones lack; the others get IdentityUnavailable at once.
    """

    def __init__(self, url: str, *, algorithm: str) -> None:
        self._url, self._algorithm = url, algorithm
        self._keys: Sequence[jwt.PyJWK] = ()
        self._fetched_at = float("-inf")
        self._not_before = float("-inf")
        self._lock = threading.Lock()  # held during a fetch

    def __call__(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token).get("kid")
        if kid is not None and not isinstance(kid, str):
            raise InvalidToken("The kid of the token must be a string.")
        key = self._find(kid)
        if key.algorithm_name != self._algorithm:
            raise InvalidToken(f"The key is for {key.algorithm_name}, but must be for {self._algorithm}.")
        return key.key

    def ping(self) -> None:
        """Check that the keys are known or can be fetched.

        Raises:
            IdentityUnavailable: the keys cannot be fetched.
        """
        if self._age() >= REFRESH_AFTER:
            with self._lock:
                self._fetch()

    def _find(self, kid: str | None) -> jwt.PyJWK:
        if self._age() >= EXPIRE_AFTER:
            self._fetch_first()
        if (key := self._select(kid)) is None and self._age() >= COOLDOWN:
            self._fetch_alone()
            key = self._select(kid)
        elif self._age() >= REFRESH_AFTER:
            self._refresh()  # the key that was found is used, however soon the provider responds
        if key is None:
            raise InvalidToken("The key of the token must be one of the identity provider's.")
        return key

    def _select(self, kid: str | None) -> jwt.PyJWK | None:
        """Return the key with the id; without such a key, the one key that has no id, or any id for a token without."""
        if named := [key for key in self._keys if key.key_id and key.key_id == kid]:
            return max(named, key=self._fits)
        unnamed = [key for key in self._keys if self._fits(key) and (kid is None or not key.key_id)]
        return unnamed[0] if len(unnamed) == 1 else None

    def _fits(self, key: jwt.PyJWK) -> bool:
        return bool(key.algorithm_name == self._algorithm)

    def _age(self) -> float:
        return time.monotonic() - self._fetched_at

    def _fetch_first(self) -> None:
        """Fetch the first keys; other requests wait for them, because none can be answered without."""
        with self._lock:
            if self._age() >= EXPIRE_AFTER:
                self._fetch()

    def _fetch_alone(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise IdentityUnavailable("The keys of the identity provider are being fetched.")
        try:
            self._fetch()
        finally:
            self._lock.release()

    def _refresh(self) -> None:
        """Fetch the keys in a thread of its own, unless a fetch is under way or failed a moment ago."""
        if time.monotonic() >= self._not_before and self._lock.acquire(blocking=False):
            threading.Thread(target=self._refresh_and_release, name="jwks", daemon=True).start()

    def _refresh_and_release(self) -> None:
        try:
            self._fetch()
        except IdentityUnavailable as error:
            _log.warning("identity.keys_outdated: the known keys are used: %(error)s", {"error": str(error)})
        finally:
            self._lock.release()

    def _fetch(self) -> None:
        """Fetch the keys. The caller holds the lock."""
        if time.monotonic() < self._not_before:
            raise IdentityUnavailable("The identity provider did not respond to a recent request.")
        try:
            response = transport.get(self._url, headers=_HEADERS, until=time.monotonic() + TIMEOUT)
            self._keys = _read(response, self._algorithm)
        except (transport.ConnectionFailed, transport.Timeout, transport.ProtocolError, *_PARSE_ERRORS) as error:
            self._not_before = time.monotonic() + RETRY_DELAY
            raise IdentityUnavailable(
                f"The identity provider's keys cannot be fetched: {type(error).__name__}."
            ) from error
        self._fetched_at = time.monotonic()


def _read(response: transport.Response, algorithm: str) -> Sequence[jwt.PyJWK]:
    """Return the signing keys.

    Raises:
        ValueError: the status is not 200, or there are no keys; other errors for what is no key set.
    """
    if response.status != 200:
        raise ValueError(f"The status must be 200, not {response.status}.")
    members = json.loads(response.body.decode())["keys"]
    signing = [key for member in members if (key := _signing_key(member, algorithm)) is not None]
    if not signing:
        raise ValueError("The key set must have a key for signatures.")
    return signing


def _signing_key(member: Any, algorithm: str) -> jwt.PyJWK | None:
    """Return the key, or None if it is none, is not for signatures (RFC 7517, 4.2 and 4.3), or is refused."""
    try:
        if member.get("use") not in ("sig", None) or "verify" not in member.get("key_ops", ("verify",)):
            return None
        key = jwt.PyJWK(member)
    except _PARSE_ERRORS:
        return None
    if key.algorithm_name == algorithm and (error := key_error(key.key, algorithm)):
        _log.warning("identity.key_refused: %(kid)r %(error)s", {"kid": key.key_id, "error": error})
        return None
    return key
