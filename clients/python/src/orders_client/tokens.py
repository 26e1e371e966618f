"""Tokens: a fixed one, or one that a function makes, again when the service refuses it."""

import inspect
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

import httpx

Token = str | Callable[[], str]
AsyncToken = str | Callable[[], str | Awaitable[str]]


class BearerToken(httpx.Auth):
    """Sends the token. A request that is answered 401 is sent once more with a new token, as nothing was done."""

    def __init__(self, token: AsyncToken) -> None:
        self._make = token if callable(token) else lambda: token
        self._is_fixed = isinstance(token, str)
        self._token = token if isinstance(token, str) else None
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with self._lock:
            if self._token is None:
                self._token = str(self._make())
            used = self._token
        response = yield self._with(request, used)
        if response.status_code == 401 and not self._is_fixed:
            with self._lock:
                if self._token == used:  # otherwise another thread has made a new one
                    self._token = str(self._make())
                used = self._token
            yield self._with(request, used)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if self._token is None:
            self._token = await self._made()
        used = self._token
        response = yield self._with(request, used)
        if response.status_code == 401 and not self._is_fixed:
            if self._token == used:
                self._token = await self._made()
            yield self._with(request, self._token)

    async def _made(self) -> str:
        made = self._make()
        return await made if inspect.isawaitable(made) else str(made)

    @staticmethod
    def _with(request: httpx.Request, token: str | None) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request
