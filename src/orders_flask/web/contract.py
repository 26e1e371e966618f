"""Description of a published contract for the shared web layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_smorest import Blueprint

from orders_domain.errors import Kind, OrdersError
from orders_flask.web.problems import STATUSES, Problem


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A contract's blueprints and its rendering of errors."""

    name: str
    blueprint: Blueprint
    body: Callable[[Problem], tuple[dict[str, Any], str]]  # an error's body and media type
    sentence: Callable[[OrdersError], str] = str
    field_names: Mapping[str, str] = field(default_factory=dict)  # by the domain's name; other names are the same
    details: Callable[[OrdersError], Mapping[str, Any] | None] = lambda error: None
    siblings: Mapping[str, Blueprint] = field(
        default_factory=dict
    )  # by the last path segment, mounted beside the prefix
    absolute_mounts: Mapping[str, Blueprint] = field(default_factory=dict)  # by absolute path, mounted once
    statuses: Mapping[Kind, int] = field(default_factory=lambda: STATUSES)
    malformed_status: int = 400
    query_status: int | None = None  # of an invalid query, if not that of an invalid body
