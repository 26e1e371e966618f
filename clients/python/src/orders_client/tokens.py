"""Tokens: a fixed one, or one that a function makes, again when the service refuses it."""

import asyncio
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
        self._lock = threading.Lock()  # held while a token is made, and not while a request is sent
        self._async_lock = asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        used = self._other_than(None)
        response = yield self._with(request, used)
        if response.status_code == 401 and not self._is_fixed:
            yield self._with(request, self._other_than(used))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        used = await self._async_other_than(None)
        response = yield self._with(request, used)
        if response.status_code == 401 and not self._is_fixed:
            yield self._with(request, await self._async_other_than(used))

    def _other_than(self, used: str | None) -> str:
        """Return a token after the one that was used; another thread may have made it."""
        with self._lock:
            if self._token is None or self._token == used:
                self._token = str(self._make())
            return self._token

    async def _async_other_than(self, used: str | None) -> str:
        async with self._async_lock:
            if self._token is None or self._token == used:
                made = self._make()
                self._token = await made if inspect.isawaitable(made) else str(made)
            return self._token

    @staticmethod
    def _with(request: httpx.Request, token: str) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request
