"""Cross-origin requests (CORS of the Fetch standard) in front of WSGI and ASGI applications.

Both wrappers stand outside the application, so that every response has the headers, whichever layer produced it, and
a preflight needs no token, no thread and no part of a request limit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Prefer, Range, traceparent, "
    "X-Request-ID"
)
EXPOSED = (
    "Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag, Link, Location, Preference-Applied, Retry-After, "
    "WWW-Authenticate, X-Idempotent-Replay, X-Request-ID"
)
"""The response headers that scripts may read, beside those that browsers always show."""
_PREFLIGHT_SECONDS = "600"

_Headers = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Cors:
    """Pages of these origins may call the service and read its responses; credentials of browsers are not used."""

    origins: frozenset[str]

    def response_headers(self, origin: str | None) -> _Headers:
        """Return the headers of every response to a request of the origin."""
        vary = ("Vary", "Origin")  # also for other origins, because a shared cache must not mix the responses
        if origin not in self.origins:
            return [vary]
        return [vary, (_ALLOW_ORIGIN, str(origin)), ("Access-Control-Expose-Headers", EXPOSED)]

    def preflight_headers(self, method: str, headers: Mapping[str, str]) -> _Headers | None:
        """Return the headers of the response to a preflight of an allowed origin, or None if it is another request.

        ``headers`` has the names of the request's headers in lower case.
        """
        origin = headers.get("origin")
        if method != "OPTIONS" or origin not in self.origins or "access-control-request-method" not in headers:
            return None
        return [
            *self.response_headers(origin),
            ("Access-Control-Allow-Methods", _METHODS),
            ("Access-Control-Allow-Headers", _REQUEST_HEADERS),
            ("Access-Control-Max-Age", _PREFLIGHT_SECONDS),
        ]


def around_wsgi(application: Any, cors: Cors) -> Any:
    """Return the WSGI application with the headers on every response."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sent = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name in ("HTTP_ORIGIN", "HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        }
        if preflight := cors.preflight_headers(environ["REQUEST_METHOD"], sent):
            start_response("204 No Content", preflight)
            return []
        added = cors.response_headers(sent.get("origin"))

        def start(status: str, headers: _Headers, *error: Any) -> Any:
            return start_response(status, [*headers, *added], *error)

        response: Iterable[bytes] = application(environ, start)
        return response

    return call


def around_asgi(application: Any, cors: Cors) -> Any:
    """Return the ASGI application with the headers on every response; those of an inner wrapper are kept."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if preflight := cors.preflight_headers(scope["method"], sent):
            await send({"type": "http.response.start", "status": 204, "headers": _encoded(preflight)})
            await send({"type": "http.response.body"})
            return
        added = _encoded(cors.response_headers(sent.get("origin")))

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {(name.lower(), value) for name, value in message.get("headers", ())}
                missing = [header for header in added if header not in present]
                message = {**message, "headers": [*message.get("headers", ()), *missing]}
            await send(message)

        await application(scope, receive, send_with_headers)

    return call


def _encoded(headers: _Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
