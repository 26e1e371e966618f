"""Strict JSON parser of request bodies; it runs before schema validation."""

import json
from codecs import lookup
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from math import isfinite
from typing import Any, NoReturn

import marshmallow
from flask import Request, g
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from orders_flask.web.problems import InvalidRequest, MalformedBody

MAX_BODY_BYTES = 1024 * 1024  # bytes
MAX_NUMBER_LENGTH = 400  # characters
MAX_MESSAGES = 20  # per level of a body
_SIGNATURES: Mapping[bytes, str] = {b"\x1f\x8b": "gzip", b"(\xb5/\xfd": "zstd", b"\x78\x9c": "deflate"}
"""The first bytes of compressed bodies that are sent without Content-Encoding."""


class CompressedBody(UnsupportedMediaType):
    """The body is compressed; the response says by which coding it may be sent (RFC 9110, 12.5.3)."""

    def __init__(self, coding: str) -> None:
        super().__init__(f"The body must be sent without compression, and not with the Content-Encoding {coding}.")

    def get_headers(self, *args: object, **kwargs: object) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Accept-Encoding", "identity")]


class StrictParser(FlaskParser):
    """A webargs parser that uses ``parse_json`` and reports validation errors as ``InvalidRequest``.

    A schema with ``optional_body`` accepts a request without a body. A body of more than ``max_bytes`` is not parsed.
    A query parameter that is unknown or repeated is rejected by name, because a mistyped filter must not widen a list.
    """

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - webargs' own attribute
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": marshmallow.RAISE,
    }

    def __init__(self, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        super().__init__()
        self.max_bytes = max_bytes
        self._schemas: dict[type, marshmallow.Schema] = {}

    def _get_schema(self, argmap: Any, req: Request) -> marshmallow.Schema:
        """Return the one instance of a schema, because an instance copies all fields and loading does not change it."""
        if not isinstance(argmap, type):
            return super()._get_schema(argmap, req)
        return self._schemas.get(argmap) or self._schemas.setdefault(argmap, super()._get_schema(argmap, req))

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        if repeated := [name for name, values in req.args.lists() if len(values) > 1]:
            raise marshmallow.ValidationError({name: ["Must be given only once."] for name in repeated})
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        if getattr(schema, "optional_body", False) and not req.get_data(cache=True):
            return {}
        return super().load_json(req, schema)

    def _raw_load_json(self, req: Request) -> Any:
        if not core.is_json(req.mimetype):
            raise UnsupportedMediaType("The Content-Type must be application/json.")
        require_identity(req.headers.get("Content-Encoding", ""))
        if (req.content_length or 0) > self.max_bytes:
            raise RequestEntityTooLarge
        body = req.get_data(cache=True)
        if len(body) > self.max_bytes:  # a chunked body, which Werkzeug would truncate silently
            raise RequestEntityTooLarge
        g.body = parse_json(body, charset=req.mimetype_params.get("charset"))
        return g.body

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        messages = error.messages
        location, by_field = next(iter(messages.items())) if isinstance(messages, dict) else ("json", messages)
        messages = _truncate(by_field if isinstance(by_field, dict) else {location: by_field})
        raise InvalidRequest(messages, in_query=location == "query") from error


def require_identity(content_encoding: str) -> None:
    """Check the header Content-Encoding.

    Raises:
        CompressedBody: it has another coding than identity.
    """
    if coding := ", ".join(word for word in content_encoding.replace(",", " ").split() if word.lower() != "identity"):
        raise CompressedBody(coding)


def _truncate(messages: Mapping[Any, Any]) -> dict[str, Any]:
    """Limit the number of messages, because the response must not be larger than the request.

    Names that are not valid UTF-8 are replaced.
    """
    return {
        str(name).encode("utf-8", "replace").decode(): _truncate(value) if isinstance(value, Mapping) else value
        for name, value in islice(messages.items(), MAX_MESSAGES)
    }


def parse_json(body: bytes, *, charset: str | None = None) -> Any:
    """Parse a JSON text in UTF-8, also after a byte order mark (RFC 8259, 8.1).

    Raises:
        UnsupportedMediaType: the text is in another charset.
        MalformedBody: the text is not UTF-8 or not JSON (NaN and Infinity are not JSON), has duplicate member names,
            is nested too deeply, or has a number that is longer than 400 characters, outside the range of a double,
            or more precise than a double.
    """
    try:
        return _decoder.decode(_decode(body, charset=charset))
    except json.JSONDecodeError as error:
        raise MalformedBody(f"The body must be JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedBody("The body is nested too deeply.") from None


def _decode(body: bytes, *, charset: str | None) -> str:
    """Return the text of a body. The ``charset`` of the Content-Type may be any if the body is ASCII.

    Raises:
        MalformedBody: the body is not UTF-8.
        UnsupportedMediaType: the body has characters that are not ASCII, in another charset.
    """
    if charset and not _is_utf8(charset) and not body.isascii():
        raise UnsupportedMediaType(f"The charset must be utf-8 or left out, not {charset}; encode the body as UTF-8.")
    if looks_like := _other_encoding(body):
        raise MalformedBody(f"The body must be UTF-8; it seems to be {looks_like}.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body must be UTF-8; byte {error.start + 1} is not.") from None


def _is_utf8(charset: str) -> bool:
    try:
        return lookup(charset).name in ("utf-8", "utf-8-sig")
    except (LookupError, ValueError):
        return False


def _other_encoding(body: bytes) -> str | None:
    """Return what the first bytes of the body show: another encoding of Unicode (RFC 4627, 3), or a compression."""
    for signature, coding in _SIGNATURES.items():
        if body.startswith(signature):
            return f"compressed with {coding}"
    encoding = json.detect_encoding(body)
    return None if encoding.startswith("utf-8") else encoding[:6].upper()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedBody("The body must not have an object with duplicate member names.")
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedBody(f"A number in the body must have at most {MAX_NUMBER_LENGTH} characters.")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text) if len(text) <= MAX_NUMBER_LENGTH else float("inf")
    if not isfinite(number):
        raise MalformedBody("A number in the body must be in the range of a double.")
    if not _round_trips(number, text):
        raise MalformedBody("A number in the body must not be more precise than a double.")
    return number


def _round_trips(number: float, text: str) -> bool:
    """Return whether the text is a usual notation of the double: its shortest one, or one with 17 digits.

    0.1, 0.10 and 0.10000000000000001 are notations of one double; 1e-999 is not a notation of any.
    """
    if repr(number) == text:
        return True
    try:  # compared and not hashed, because the hash of a Decimal takes long
        decimal = Decimal(text)
        return decimal == Decimal(repr(number)) or decimal == Decimal(f"{number:.17g}")
    except InvalidOperation:  # the exponent is out of Decimal's range
        return False


def _constant(text: str) -> NoReturn:
    raise MalformedBody(f"The body must be JSON: {text} is not a JSON number.")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
