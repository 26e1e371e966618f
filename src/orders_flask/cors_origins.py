"""Values of ``CORS_ORIGINS``: the exact origins whose pages may call the service from a browser."""

import re

_ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")
_DEFAULT_PORTS = ("http", "80"), ("https", "443")


def parse(text: str) -> tuple[str, ...]:
    """Return the origins of the text, which are separated by spaces or commas.

    Raises:
        ValueError: a part is not an origin as browsers send it; the text says what it must be.
    """
    origins = tuple(text.replace(",", " ").split())
    for origin in origins:
        if not _is_origin(origin):
            raise ValueError(
                f"CORS_ORIGINS has {origin!r}; an origin must be as a browser sends it: scheme, host in lower case, "
                "and the port unless it is the scheme's, such as https://shop.example or "
                "http://localhost:8080, without a path. Wildcards are not allowed."
            )
    return origins


def _is_origin(text: str) -> bool:
    scheme, port = text.partition(":")[0], text.rpartition(":")[2]
    return bool(_ORIGIN.fullmatch(text)) and (scheme, port) not in _DEFAULT_PORTS
