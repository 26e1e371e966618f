"""Clients: the operations of the service, with retries, idempotency keys and typed errors."""

from typing import Any, Self, TypeVar, cast

import httpx
from tenacity import AsyncRetrying, Retrying

from orders_client.errors import NoResponse, error_of
from orders_client.json_values import from_json, to_json
from orders_client.operations import AsyncAuth, AsyncShop, Auth, Shop
from orders_client.requests import Request
from orders_client.retries import policy
from orders_client.tokens import AsyncToken, BearerToken, Token

T = TypeVar("T")

TIMEOUT = 10.0
RETRY_SECONDS = 60.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class OrdersClient:
    """The service at a URL; one object serves all threads.

    `token` is a token or a function that returns one; it is called again if the service refuses the token.
    `timeout` is in seconds, for connecting and for each answer; a request is retried for `retry_seconds`.
    `transport` is one of httpx, for proxies, certificates and tests.
    """

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        timeout: float = TIMEOUT,
        retry_seconds: float = RETRY_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout, transport=transport)
        self._requests = _Requests(token, timeout=timeout)
        self._retry_seconds = retry_seconds
        self.auth = Auth(self._send)
        self.shop = Shop(self._send)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _send(self, request: Request[T]) -> T:
        retrying = Retrying(**policy(request, seconds=self._retry_seconds))
        return cast(T, retrying(self._attempt, request))

    def _attempt(self, request: Request[T]) -> T:
        try:
            response = self._http.request(**self._requests.arguments(request))
        except httpx.TransportError as error:
            raise _no_response(error) from error
        return _result(request, response)


class AsyncOrdersClient:
    """The service at a URL, for asyncio; the arguments are those of `OrdersClient`.

    The function `token` may be a coroutine function.
    """

    def __init__(
        self,
        url: str,
        token: AsyncToken | None = None,
        *,
        timeout: float = TIMEOUT,
        retry_seconds: float = RETRY_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, transport=transport)
        self._requests = _Requests(token, timeout=timeout)
        self._retry_seconds = retry_seconds
        self.auth = AsyncAuth(self._send)
        self.shop = AsyncShop(self._send)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _send(self, request: Request[T]) -> T:
        return await AsyncRetrying(**policy(request, seconds=self._retry_seconds))(self._attempt, request)

    async def _attempt(self, request: Request[T]) -> T:
        try:
            response = await self._http.request(**self._requests.arguments(request))
        except httpx.TransportError as error:
            raise _no_response(error) from error
        return _result(request, response)


class _Requests:
    """The arguments with which httpx sends a request."""

    def __init__(self, token: AsyncToken | None, *, timeout: float) -> None:
        self._auth = None if token is None else BearerToken(token)
        self._timeout = timeout

    def arguments(self, request: Request[Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "method": request.method,
            "url": request.path,
            "params": request.parameters,
            "headers": request.headers,
            "auth": None if request.is_public else self._auth,
            "timeout": self._timeout + float(request.query.get("wait") or 0),  # a long poll is answered after `wait`
        }
        if isinstance(request.body, bytes):
            arguments["content"] = request.body
        elif request.body is not None:
            arguments["json"] = to_json(request.body)
        return arguments


def _no_response(error: httpx.TransportError) -> NoResponse:
    text = f"No response from {error.request.url}: {str(error) or type(error).__name__}."
    return NoResponse(text, may_be_done=not isinstance(error, _NOT_SENT))


def _result(request: Request[T], response: httpx.Response) -> T:
    """Return the body of the response.

    Raises:
        ApiError: the response is an error.
    """
    if not response.is_success:
        try:
            problem = response.json()
        except ValueError:  # of a proxy
            problem = {}
        raise error_of(response.status_code, problem, response.headers)
    if request.result is type(None):
        return None
    if request.result is bytes:
        return cast(T, response.content)
    return from_json(request.result, response.json())
