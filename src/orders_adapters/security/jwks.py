"""Public keys of an identity provider, fetched from its JWKS URL and refreshed in the background."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt

from orders_adapters.http import transport
from orders_domain.errors import IdentityUnavailable, InvalidToken

TIMEOUT = 3.0  # seconds for a whole response, also of a provider that drips
REFRESH_AFTER = 300.0  # seconds after which the keys are fetched again, while requests use the known ones
EXPIRE_AFTER = 86_400.0  # seconds for which known keys are good while the provider is away
COOLDOWN = 30.0  # seconds between two fetches for unknown key ids
RETRY_DELAY = 2.0  # seconds without a further attempt, because an unavailable provider must not delay every request

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "orders"}
_PARSE_ERRORS = (jwt.PyJWTError, ValueError, TypeError, AttributeError, LookupError)
_log = logging.getLogger(__name__)


class JwksKeys:
    """Selects the key by the token's ``kid``. A request waits for the provider only if its key is unknown.

    One thread at a time waits for a key that the known ones lack; the others get IdentityUnavailable at once.
    """

    def __init__(self, url: str, *, algorithm: str) -> None:
        self._url, self._algorithm = url, algorithm
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._not_before = float("-inf")
        self._lock = threading.Lock()  # held during a fetch

    def __call__(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str):
            raise InvalidToken("The header of the token must have a kid.")
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

    def _find(self, kid: str) -> jwt.PyJWK:
        if self._age() >= EXPIRE_AFTER:
            self._fetch_first()
        elif self._age() >= REFRESH_AFTER:
            self._refresh()
        if kid not in self._keys and self._age() >= COOLDOWN:
            self._fetch_alone()
        if (key := self._keys.get(kid)) is None:
            raise InvalidToken("The key of the token must be one of the identity provider's.")
        return key

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
            self._keys = _read(transport.get(self._url, headers=_HEADERS, until=time.monotonic() + TIMEOUT))
        except (transport.ConnectionFailed, transport.Timeout, transport.ProtocolError, *_PARSE_ERRORS) as error:
            self._not_before = time.monotonic() + RETRY_DELAY
            raise IdentityUnavailable(
                f"The identity provider's keys cannot be fetched: {type(error).__name__}."
            ) from error
        self._fetched_at = time.monotonic()


def _read(response: transport.Response) -> Mapping[str, jwt.PyJWK]:
    """Return the signing keys by id.

    Raises:
        ValueError: the status is not 200, or there are no keys; other errors of the library for what is no key set.
    """
    if response.status != 200:
        raise ValueError(f"The status must be 200, not {response.status}.")
    keys = jwt.PyJWKSet.from_json(response.body.decode()).keys
    signing = {key.key_id: key for key in keys if key.key_id and key.public_key_use in ("sig", None)}
    if not signing:
        raise ValueError("The key set must have a key with a kid.")
    return signing
