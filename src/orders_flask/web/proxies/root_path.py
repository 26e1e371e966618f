"""Root path: the path below which a proxy publishes the service, such as ``/shop``, or the empty string.

Every URL that a response has begins with it, and no route has it. It comes from the server (``SCRIPT_NAME`` of WSGI,
``root_path`` of ASGI) or from the ``X-Forwarded-Prefix`` of a trusted proxy, and is never a part of a host.
"""

import re
from collections.abc import Iterable
from typing import Any

_ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_MAX_LENGTH = 200


def parse(text: str) -> str:
    """Return the root path without its last slash; of ``/`` and of the empty string that is the empty string.

    Raises:
        ValueError: the text is not a root path.
    """
    path = text.removesuffix("/")
    if path and (len(path) > _MAX_LENGTH or not _ROOT_PATH.fullmatch(path)):
        raise ValueError(
            f"A root path must be like /shop or /eu/shop, of at most {_MAX_LENGTH} letters, digits, '-', '.', '_' and "
            f"'~', and no segment must begin with a dot; it is {text[:_MAX_LENGTH]!r}."
        )
    return path


def valid_or_none(text: str) -> str | None:
    """Return what ``parse`` returns, and None instead of its error."""
    try:
        return parse(text)
    except ValueError:
        return None


def around_wsgi(application: Any, *, trusts_proxy: bool) -> Any:
    """Return the WSGI application with a valid ``SCRIPT_NAME``, or that of a trusted proxy.

    An invalid value is ignored. The path of the request has no part of ``X-Forwarded-Prefix``, because the proxy has
    removed it.
    """

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        root_path = valid_or_none(environ.get("SCRIPT_NAME", ""))
        if trusts_proxy and (forwarded := _forwarded_prefix(environ)) is not None:
            root_path = forwarded
        environ["SCRIPT_NAME"] = root_path or ""
        response: Iterable[bytes] = application(environ, start_response)
        return response

    return call


def _forwarded_prefix(environ: dict[str, Any]) -> str | None:
    """Return the last value of the header, which the nearest proxy has set, if it is valid."""
    value = environ.get("HTTP_X_FORWARDED_PREFIX", "").rpartition(",")[2].strip()
    return valid_or_none(value) if value else None


def relative_scope(scope: Any) -> Any:
    """Return the ASGI scope with a valid ``root_path``, and a ``path`` without it.

    The path of a scope begins with the root path or not, because servers differ and some proxies remove it.
    """
    given: str = scope.get("root_path", "").removesuffix("/")
    path: str = scope["path"]
    if given and (path == given or path.startswith(f"{given}/")):
        path = path.removeprefix(given) or "/"
    return {**scope, "root_path": valid_or_none(given) or "", "path": path}
