"""Public keys of an identity provider, fetched from its JWKS URL and cached for five minutes."""

import threading
import time
from typing import Any

import jwt

from orders_domain.errors import IdentityUnavailable, InvalidToken

TIMEOUT = 3  # seconds
RETRY_DELAY = 2.0  # seconds without a further attempt, because an unavailable provider must not delay every request


class JwksKeys:
    """Selects the key by the token's ``kid``. Unknown key ids cause at most one request to the provider in 30 s."""

    def __init__(self, url: str, *, algorithm: str) -> None:
        self._client = jwt.PyJWKClient(url, timeout=TIMEOUT, lifespan=300, cooldown_duration=30)
        self._algorithm = algorithm
        self._lock = threading.Lock()
        self._not_before = 0.0

    def __call__(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str):
            raise InvalidToken("The header of the token must have a kid.")
        with self._lock:
            key = self._find(kid)
        if key.algorithm_name != self._algorithm:
            raise InvalidToken(f"The key is for {key.algorithm_name}, but must be for {self._algorithm}.")
        return key.key

    def ping(self) -> None:
        """Check that the keys are cached or can be fetched.

        Raises:
            IdentityUnavailable: the keys cannot be fetched.
        """
        with self._lock:
            self._fetch()

    def _fetch(self) -> None:
        if time.monotonic() < self._not_before:
            raise IdentityUnavailable("The identity provider did not respond to a recent request.")
        try:
            self._client.get_signing_keys()  # refreshes the cache after five minutes
        except (jwt.PyJWTError, OSError, ValueError) as error:
            raise self._unavailable(error) from error

    def _find(self, kid: str) -> jwt.PyJWK:
        self._fetch()
        try:
            return self._client.get_signing_key(kid)
        except (jwt.PyJWKClientConnectionError, OSError) as error:
            raise self._unavailable(error) from error
        except jwt.PyJWTError as error:
            raise InvalidToken(str(error)) from error

    def _unavailable(self, error: Exception) -> IdentityUnavailable:
        self._not_before = time.monotonic() + RETRY_DELAY
        return IdentityUnavailable(f"The identity provider's keys cannot be fetched: {type(error).__name__}.")
