"""Translation of a new order's body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life.charges import Charge, ChargeKind
from orders_domain.model.life.placing import DEFAULT_SOURCE, Placing
from orders_domain.model.life.state import Life, checked_metadata, checked_tags
from orders_domain.model.product import RequestedItem
from orders_domain.use_cases import PlaceShopOrder
from orders_domain.use_cases.life.place_shop_order import PricedItem, RequestedSku


def placement(
    body: Mapping[str, Any], *, actor: Actor, key: IdempotencyKey, currency: str, now: datetime
) -> PlaceShopOrder:
    """Return the request of a validated body; ``currency`` is that of the service.

    Raises:
        InvalidValue: the particulars are invalid; ``field`` is the path of the member.
    """
    customer = body.get("customer") or {}
    reference = body.get("reference")
    source = body.get("source")
    return PlaceShopOrder(
        actor=actor,
        idempotency_key=key,
        lines=tuple(_line(line) for line in body["lines"]),
        currency=body.get("currency") or currency,
        placing=Placing(
            source=DEFAULT_SOURCE if source is None and reference is not None else source,
            reference=reference,
            charges=tuple(_charge(place, charge) for place, charge in enumerate(body.get("charges") or ())),
            contact=_contact(body, customer),
            life=Life(
                expires_at=_expiry(body.get("expires_in_seconds"), now),
                tags=checked_tags(body.get("tags") or ()),
                metadata=checked_metadata(body.get("metadata") or {}),
            ),
        ),
        user_id=customer.get("user_id"),
        expected_total_minor=body.get("expected_total_minor"),
        stock_hold_id=body.get("stock_hold_id"),
    )


def _expiry(seconds: int | None, now: datetime) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _line(line: Mapping[str, Any]) -> RequestedItem | RequestedSku | PricedItem:
    if "product_id" in line:
        return RequestedItem(product_id=line["product_id"], quantity=line["quantity"])
    if "sku" in line:
        return RequestedSku(sku=line["sku"], quantity=line["quantity"])
    return PricedItem(item=CustomItem(dict(line)), quantity=line["quantity"], unit_price_minor=line["unit_price_minor"])


def _charge(place: int, charge: Mapping[str, Any]) -> Charge:
    try:
        return Charge(**{**charge, "kind": ChargeKind(charge["kind"])})
    except InvalidValue as error:
        raise InvalidValue(
            str(error), field=(error.field or "charges").replace("charges", f"charges.{place}")
        ) from None


def _contact(body: Mapping[str, Any], customer: Mapping[str, Any]) -> Contact:
    addresses = {name: _address(body.get(f"{name}_address"), f"{name}_address") for name in ("shipping", "billing")}
    texts = {name: customer.get(name) for name in ("name", "email", "phone", "language")}
    try:
        return Contact(**texts, **addresses)
    except InvalidValue as error:
        raise InvalidValue(str(error), field=f"customer.{error.field}") from None


def _address(parts: Mapping[str, Any] | None, name: str) -> Any:
    try:
        return None if parts is None else Address(**parts)
    except InvalidValue as error:
        raise InvalidValue(str(error), field=f"{name}.{error.field}") from None
