"""Export of personal data as one JSON document, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from orders_domain.model.accounts.user import User
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order_state import order_state
from orders_domain.model.personal.subject import DataSubject
from orders_domain.ports.accounts.personal_data import PersonalRecord
from orders_domain.use_cases.accounts.personal_data import Exported, ExportedOrder


def document(exported: Iterator[Exported]) -> Iterator[bytes]:
    """Yield the document: ``{"account": {...} or null, "orders": [...], "records": [...]}``, an order in each piece.

    A password is never exported, nor who else changed an order.
    """
    part = next(exported, None)
    yield b'{"account":' + _json(_account(part) if isinstance(part, User) else None) + b',"orders":['
    if isinstance(part, User):
        part = next(exported, None)
    separator = b""
    while isinstance(part, ExportedOrder):
        yield separator + b"\n" + _json(_order(part))
        part, separator = next(exported, None), b","
    yield b'],"records":['
    separator = b""
    while isinstance(part, PersonalRecord):
        yield separator + b"\n" + _json({"kind": part.kind, **part.values})
        part, separator = next(exported, None), b","
    yield b"]}\n"


def _account(user: User) -> Mapping[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "language": user.language,
        "role": user.role.value,
        "scopes": sorted(user.scopes),
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }


def _order(exported: ExportedOrder) -> Mapping[str, Any]:
    return {
        **order_state(exported.order),
        "contact": exported.order.contact.as_json(),
        "history": [_entry(entry, exported.subject) for entry in exported.history],
    }


def _entry(entry: HistoryEntry, subject: DataSubject) -> Mapping[str, Any]:
    return {
        "version": entry.version,
        "kind": entry.kind,
        "at": entry.at,
        "actor": entry.actor if entry.actor in subject.user_ids else None,
        "role": entry.role.value,
        "request_id": entry.request_id,
        "from_status": entry.from_status.value if entry.from_status else None,
        "to_status": entry.to_status.value,
        "details": entry.details,
    }


def _json(value: object) -> bytes:
    return orjson.dumps(value)
