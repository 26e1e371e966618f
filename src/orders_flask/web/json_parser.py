"""Request bodies: JSON read strictly, before any schema sees it."""

import json
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
MAX_MESSAGES = 20  # of each level of a body


class StrictParser(FlaskParser):
    """webargs, reading JSON as ``parse_json`` does and reporting misfits as ``InvalidRequest``.

    A schema with ``optional_body`` is content with no body at all.
    """

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        if getattr(schema, "optional_body", False) and not req.get_data(cache=True):
            return {}
        return super().load_json(req, schema)

    def _raw_load_json(self, req: Request) -> Any:
        if not core.is_json(req.mimetype):
            raise UnsupportedMediaType("The body has to be application/json.")
        if (req.content_length or 0) > MAX_BODY_BYTES:
            raise RequestEntityTooLarge
        body = req.get_data(cache=True)
        if len(body) > MAX_BODY_BYTES:  # in chunks; Werkzeug would cut it off without a word
            raise RequestEntityTooLarge
        g.body = parse_json(body)
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
        place, by_field = next(iter(messages.items())) if isinstance(messages, dict) else ("json", messages)
        raise InvalidRequest(_truncate(by_field if isinstance(by_field, dict) else {place: by_field})) from error


def _truncate(messages: Mapping[Any, Any]) -> dict[str, Any]:
    """The first messages, by names that can be written: a body of a megabyte must not be answered with twelve."""
    return {
        str(name).encode("utf-8", "replace").decode(): _truncate(one) if isinstance(one, Mapping) else one
        for name, one in islice(messages.items(), MAX_MESSAGES)
    }


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises:
        Unparsable: not UTF-8, not JSON (NaN and Infinity are not), a member named twice, nested too deep to read, or
            a number of more than 400 characters, beyond the range of a double or finer than one keeps.
    """
    try:
        return _decoder.decode(body.decode())
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedBody("The body is nested too deep.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedBody("The body has an object with two members of one name.")
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedBody(f"The body has a number of more than {MAX_NUMBER_LENGTH} characters.")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text) if len(text) <= MAX_NUMBER_LENGTH else float("inf")
    if not isfinite(number):
        raise MalformedBody("The body has a number beyond the range of a double.")
    if not _round_trips(number, text):
        raise MalformedBody("The body has a number finer than a double keeps.")
    return number


def _round_trips(number: float, text: str) -> bool:
    """Whether a program that has the double may write it so: 0.1, 0.10 and 0.10000000000000001 are one, 1e-999 is none.

    Programs write a double as short as can be, or with 17 digits.
    """
    try:
        return Decimal(text) in {Decimal(repr(number)), Decimal(f"{number:.17g}")}
    except InvalidOperation:  # an exponent beyond all bounds
        return False


def _constant(text: str) -> NoReturn:
    raise MalformedBody(f"The body is not JSON: {text} is no number.")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
