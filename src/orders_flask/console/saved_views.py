"""Saved views: queries of the list of orders with names, those of the console and those of the operator's browser."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from orders_domain.errors import InvalidValue

MAX_VIEWS = 12
MAX_NAME_LENGTH = 40
MAX_QUERY_LENGTH = 180
"""So that all views fit into a cookie of 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class View:
    """A named query string, which is a bookmark as well."""

    name: str
    query: str

    def is_shown(self, query: str) -> bool:
        return sorted(parse_qsl(self.query)) == sorted(parse_qsl(query))


OWN_VIEWS = (
    View("All", ""),
    View("To confirm", "status=pending&hold=false&sort=created_at"),
    View("To ship", "status=paid&fulfillment_status=none&hold=false&sort=created_at"),
    View("Part shipped", "fulfillment_status=part"),
    View("On hold", "hold=true"),
    View("Oldest open", "status=open&sort=created_at"),
    View("Longest without a change", "status=open&sort=updated_at"),
)


def read_views(text: str | None) -> tuple[View, ...]:
    """Return the views of the cookie; one that is not readable has none."""
    try:
        views = json.loads(urlsafe_b64decode(text or "W10="))
        return tuple(View(str(name)[:MAX_NAME_LENGTH], str(query)[:MAX_QUERY_LENGTH]) for name, query in views)
    except (Error, ValueError, TypeError):
        return ()


def write_views(views: Sequence[View]) -> str:
    return urlsafe_b64encode(
        json.dumps([[view.name, view.query] for view in views], separators=(",", ":")).encode()
    ).decode()


def with_view(views: Sequence[View], name: str, query: str) -> tuple[View, ...]:
    """Return the views with another one, which replaces that of its name.

    Raises:
        InvalidValue: the name is blank, a text is too long, or there are too many views.
    """
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise InvalidValue(f"A name must have 1 to {MAX_NAME_LENGTH} characters.", field="name")
    if len(query) > MAX_QUERY_LENGTH:
        raise InvalidValue("The filters of a saved view must be fewer or shorter.", field="name")
    others = tuple(view for view in views if view.name != name)
    if len(others) >= MAX_VIEWS or len(write_views((*others, View(name, query)))) > 3_600:
        raise InvalidValue(f"There must be at most {MAX_VIEWS} saved views; remove one first.", field="name")
    return (*others, View(name, query))
