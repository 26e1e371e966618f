"""Fields of forms: texts, amounts, units of lines, and the key by which a form that is sent twice is applied once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flask import request

from orders_domain.errors import InvalidValue
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order_ref import parse_number
from orders_domain.model.values.money import Money
from orders_flask.console.order_query import to_amount
from orders_flask.console.session import FORM_FIELD
from orders_flask.web.context import actor

_KEY_FIELD = "key"


def form_key() -> IdempotencyKey:
    """Return the key of the form, which its page has made.

    Raises:
        InvalidValue: the form has none.
    """
    fields = sorted(
        (name, text) for name, text in request.form.items(multi=True) if name not in (_KEY_FIELD, FORM_FIELD)
    )
    fingerprint = hashlib.sha256(repr((request.path, fields)).encode()).hexdigest()
    return IdempotencyKey(
        subject=actor().subject, scope="console", key=request.form.get(_KEY_FIELD, ""), fingerprint=fingerprint
    )


def expected_versions() -> frozenset[int] | None:
    """Return the version of the order that the page showed; None for any."""
    version = parse_number(request.form.get("version", ""))
    return None if version is None else frozenset({version})


def text(name: str) -> str:
    return request.form.get(name, "").strip()


def units(prefix: str = "units") -> dict[int, int]:
    """Return the quantities of the fields ``units-1`` and so on by the number of the line, without empty ones and 0.

    Raises:
        InvalidValue: a quantity is not a number.
    """
    chosen: dict[int, int] = {}
    for name, value in request.form.items():
        number = parse_number(name.removeprefix(f"{prefix}-")) if name.startswith(f"{prefix}-") else None
        if number is None or value.strip() in ("", "0"):
            continue
        if (quantity := parse_number(value.strip())) is None:
            raise InvalidValue("A quantity must be a whole number of at least 0.", field="lines")
        chosen[number] = quantity
    return chosen


def amount_minor(name: str, currency: str) -> int | None:
    """Return the amount in minor units; None if the field is empty.

    Raises:
        InvalidValue: it is not an amount in the currency.
    """
    given: Mapping[str, str] = request.form
    return Money.of(to_amount(given[name]), currency, field=name).minor if given.get(name, "").strip() else None
