"""Contract of NotificationRenderer: a complete text of every kind, in the language or in the default one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from orders_domain.model.notification import Channel, Notification, NotificationKind
from orders_domain.model.values.json_values import JSON
from orders_domain.ports.notifier import NotificationRenderer

ORDER: dict[str, JSON] = {
    "order_id": "01a1fbae-6e87-74f6-aa47-082029bc341c",
    "number": 4711,
    "user_id": "ann",
    "status": "PENDING",
    "previous_status": None,
    "total_minor": 7550,
    "currency": "USD",
    "origin": "orders",
    "lines": [],
    "reason": None,
    "shipment_id": None,
    "event": {"event_id": "evt-7", "state": "failed", "occurred_at": "2026-03-14T12:00:00Z", "text": None},
}
PRODUCT: dict[str, JSON] = {
    "product_id": 4711,
    "sku": "TEA-4711",
    "name": "Tea",
    "stock": 2,
    "low_stock_threshold": 5,
    "order_id": None,
}

WEBHOOK: dict[str, JSON] = {
    "webhook_id": "01a1fbae-6e87-74f6-aa47-082029bc341c",
    "url": "https://shop.example.com/4711",
    "is_gone": False,
    "problem": "status 500",
}


def notification(kind: NotificationKind, *, channel: Channel = Channel.EMAIL, **changed: Any) -> Notification:
    """A notification of the kind, with example data."""
    without_order = WEBHOOK if kind is NotificationKind.WEBHOOK_DISABLED else PRODUCT
    is_alert = kind in (NotificationKind.STOCK_LOW, NotificationKind.WEBHOOK_DISABLED)
    data = without_order if is_alert else ORDER
    at = datetime(2026, 3, 14, 12, tzinfo=UTC)
    return Notification(id=UUID(int=7), kind=kind, channel=channel, data=data | changed, occurred_at=at)


class NotificationRendererTests:
    """Promises of ``NotificationRenderer``.

    A subclass has the fixture ``render``: an adapter whose default language is English, with templates in German.
    """

    @pytest.mark.parametrize("channel", Channel)
    @pytest.mark.parametrize("kind", NotificationKind)
    def test_every_kind_names_its_subject(
        self, render: NotificationRenderer, kind: NotificationKind, channel: Channel
    ) -> None:
        content = render(notification(kind, channel=channel), None)

        assert "4711" in content.subject
        assert "4711" in content.text
        assert "\n" not in content.subject

    @pytest.mark.parametrize("kind", NotificationKind)
    def test_region_falls_back_to_its_language(self, render: NotificationRenderer, kind: NotificationKind) -> None:
        german, english = (render(notification(kind), language) for language in ("de", "en"))

        assert german.text != english.text
        assert render(notification(kind), "de-AT") == render(notification(kind), "DE") == german

    @pytest.mark.parametrize("language", [None, "fr", "fr-CA", "x"])
    def test_other_language_falls_back_to_default(self, render: NotificationRenderer, language: str | None) -> None:
        placed = notification(NotificationKind.ORDER_PLACED)

        assert render(placed, language) == render(placed, "en")

    def test_amount_is_in_major_units(self, render: NotificationRenderer) -> None:
        placed = NotificationKind.ORDER_PLACED

        assert "75.50 USD" in render(notification(placed), "en").text
        assert "7550 JPY" in render(notification(placed, currency="JPY"), "en").text

    @pytest.mark.parametrize("status", ["CONFIRMED", "PAID", "SHIPPED", "DELIVERED"])
    def test_status_is_in_the_text(self, render: NotificationRenderer, status: str) -> None:
        changed = NotificationKind.STATUS_CHANGED

        assert render(notification(changed, status=status), "en") != render(notification(changed), "en")

    @pytest.mark.parametrize("kind", [NotificationKind.SHIPMENT_CHANGED, NotificationKind.DELIVERY_FAILED])
    def test_failure_is_in_the_text(self, render: NotificationRenderer, kind: NotificationKind) -> None:
        returned = notification(kind, event={**dict[str, Any](ORDER["event"]), "state": "returned"})  # type: ignore[arg-type]

        assert render(returned, "en").text != render(notification(kind), "en").text

    def test_reason_is_in_the_letter(self, render: NotificationRenderer) -> None:
        canceled = notification(NotificationKind.ORDER_CANCELED, reason="sold <out>")

        assert "sold <out>" in render(canceled, "en").text
