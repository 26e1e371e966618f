"""docs/asyncapi.yaml: valid, complete, and matched by every published message."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from orders_domain import Role
from orders_domain.model import events
from orders_flask.app import container_of
from tests.contract.http.checkout.carts import cart
from tests.support.client import TEA, Caller, as_json
from tests.support.servers import node
from tests.support.service_stack import Stack

FILE = Path(__file__).parents[4] / "docs" / "asyncapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
MESSAGES = {message["name"]: message for message in DOCUMENT["components"]["messages"].values()}
TYPES = {text for name, text in vars(events).items() if isinstance(text, str) and text.startswith("orders.")}
HOME = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
CART_MESSAGES = {
    "orders.order_placed.v1": "cart-order-placed",
    "orders.order_canceled.v1": "cart-order-canceled",
}
UUID = "01969f3c-6a52-7d31-9c1e-5a0f6b7c8d9e"
LATER_MEMBERS = {
    "orders.order_placed.v1": {"origin", "lines"},
    "orders.order_canceled.v1": {"origin", "reason"},
}
"""Members that an event of an earlier release lacks, so that the document does not require them."""
SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def require_described(name: str, body: Any) -> None:
    """Check that the message matches the document and has no undocumented member."""
    payload = resolved(MESSAGES[name]["payload"])
    assert flaws(closed(payload), body) == [], (name, body)
    if "payload" in body:
        (inner,) = [part["properties"]["payload"] for part in payload["allOf"][1:]]
        assert flaws(closed(inner), body["payload"]) == [], (name, body)
    if "data" in body:
        (data,) = [part["properties"]["data"] for part in payload["allOf"][1:]]
        assert flaws(closed(data), body["data"]) == [], (name, body)
        assert body["data"].keys() >= LATER_MEMBERS.get(name, set()), (name, body)


def flaws(schema: Any, body: Any) -> list[str]:
    errors = jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(body)
    return [f"{'/'.join(map(str, flaw.instance_path))}: {flaw.message}" for flaw in errors]


def resolved(schema: Any) -> Any:
    """The schema with its references resolved."""
    if isinstance(schema, list):
        return [resolved(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return {key: resolved(part) for key, part in schema.items()}


def closed(schema: Any, *, part: bool = False) -> Any:
    """The schema without additional properties; a part of an ``allOf`` lists only its own members."""
    if isinstance(schema, list):
        return [closed(element, part=part) for element in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        key: {name: closed(member, part=part) for name, member in value.items()}
        if key == "properties"
        else closed(value, part=part or key == "allOf")
        for key, value in schema.items()
    }
    return inner if part or not {"allOf", "properties"} & schema.keys() else inner | {"unevaluatedProperties": False}


def test_document_is_valid_asyncapi(tmp_path: Path) -> None:
    modules = node.installed("@asyncapi/specs@6.11.1", within=tmp_path)
    schema = json.loads((modules / "@asyncapi" / "specs" / "schemas" / "3.0.0.json").read_text(encoding="utf-8"))

    validator = jsonschema_rs.validator_for(schema)

    assert [(list(flaw.instance_path), flaw.message[:200]) for flaw in validator.iter_errors(DOCUMENT)] == []
    assert not validator.is_valid(DOCUMENT | {"channels": []})


def test_document_lists_every_event_type() -> None:
    channel = DOCUMENT["channels"]["events"]

    assert set(channel["parameters"]["type"]["enum"]) == TYPES
    assert MESSAGES.keys() >= TYPES
    listed = {reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()}
    assert {DOCUMENT["components"]["messages"][key]["name"] for key in listed} == TYPES


def test_document_lists_the_messages_of_every_exchange() -> None:
    channel = DOCUMENT["channels"]["orderEvents"]
    listed = {reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()}

    assert set(channel["parameters"]["type"]["enum"]) == CART_MESSAGES.keys()
    assert {DOCUMENT["components"]["messages"][key]["name"] for key in listed} == set(CART_MESSAGES.values())
    used = {
        reference["$ref"].rpartition("/")[2]
        for channel in DOCUMENT["channels"].values()
        for reference in channel["messages"].values()
    }
    assert used == DOCUMENT["components"]["messages"].keys()


@pytest.mark.parametrize("user_id", ["ada", 7])
def test_users_are_strings_or_numbers_in_every_message(user_id: str | int) -> None:
    notification = {
        "notificationId": UUID, "userID": user_id, "orderID": 7, "type": "ORDER_STATUS_CHANGED", "status": "shipped",
        "message": "Your order 7 is on its way.", "occurredAt": "2030-05-17T12:31:07Z",
    }  # fmt: skip
    members = {"order_id": UUID, "user_id": user_id}
    task = {"task": "orders.new_order", "id": UUID, "args": [], "retries": 0, "eta": None, "utc": True}

    require_described("user-notification", notification)
    require_described("orders.new_order", members | task | {"kwargs": members})


@pytest.mark.parametrize(
    ("event", "fits"),
    [
        ({"eventId": 1, "orderID": 7, "status": "SHIPPED", "occurredAt": "2030-05-17T12:31:07Z"}, True),
        ({"trackingEventID": 1, "shipmentID": "s", "eventType": "in transit", "eventTimestamp": "2030-05-17"}, True),
        ({"trackingEventID": 1, "packageID": 9, "eventType": "shipped", "eventTimestamp": "2030-05-17"}, False),
        ({"orderID": 7, "status": "SHIPPED", "occurredAt": "2030-05-17T12:31:07Z"}, False),
    ],
)
def test_tracking_event_has_either_name_of_each_member(event: dict[str, Any], *, fits: bool) -> None:
    assert (flaws(resolved(MESSAGES["tracking-event"]["payload"]), event) == []) is fits


def test_document_references_resolve() -> None:
    def follow(part: Any) -> None:
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            if key == "$ref":
                place: Any = DOCUMENT
                for step in inner.removeprefix("#/").split("/"):
                    place = place[step]
            else:
                follow(inner)

    follow(DOCUMENT)


def placed(ann: Caller, root: Caller) -> None:
    ann.post({"items": [TEA], "total_price": 75}, traceparent=SPAN)
    ann.place()


def changed(ann: Caller, root: Caller) -> None:
    order = ann.place()
    for status in ("PAID", "SHIPPED"):
        ann.patch(order, status)


def canceled(ann: Caller, root: Caller) -> None:
    ann.patch(ann.place(), "CANCELED")
    for snapshot in (cart(ann.subject), cart(None)):
        headers = {"Idempotency-Key": str(snapshot["userId"])}
        response = root.ask("POST", "/api/orders", headers=headers, **as_json({"cartSnapshot": snapshot}))
        root.ask("POST", f"/api/orders/{response.json['orderId']}/cancel", **as_json({"reason": "no lamps"}))


def bought(ann: Caller, root: Caller, *, of: int = 8) -> int:
    product = root.post({"name": "Lamp", "price": 1, "stock_quantity": of}, path="/api/v1/products/").json
    body = HOME | {"order_items": [{"product_id": product["product_id"], "quantity": 5}]}
    return int(ann.post(body, path="/api/v1/orders/").json["order_id"])


def deleted(ann: Caller, root: Caller) -> None:
    ann.ask("DELETE", f"/api/v1/orders/{bought(ann, root, of=100)}")


def low(ann: Caller, root: Caller) -> None:
    bought(ann, root)


def delivered(ann: Caller, root: Caller) -> None:
    number = bought(ann, root, of=100)
    for status in ("shipped", "delivered"):
        root.ask("PUT", f"/api/v1/orders/{number}/status", **as_json({"status": status}))


def lived(ann: Caller, root: Caller) -> None:
    version = 0

    def change(method: str, path: str, body: object) -> None:
        nonlocal version
        key = {"Idempotency-Key": f"{ann.subject}{version}"}
        headers = key | {"If-Match": f'"{version}"'} if version else key
        response = root.ask(method, path, headers=headers, **as_json(body))
        assert response.status_code in {200, 201}, response.text
        version = response.json["version"]

    line = {"title": "Gift", "quantity": 2, "unit_price_minor": 5}
    change("POST", "/v1/orders", {"lines": [line], "reference": ann.subject, "customer": {"user_id": ann.subject}})
    order = root.ask("GET", f"/v1/orders?reference={ann.subject}").json["data"][0]["id"]
    change("POST", f"/v1/orders/{order}/hold", {"reason": "address"})
    change("POST", f"/v1/orders/{order}/release", {})
    change("POST", f"/v1/orders/{order}/notes", {"text": "Called."})
    change("PUT", f"/v1/orders/{order}/tags", {"tags": ["gift"]})
    change("PATCH", f"/v1/orders/{order}/metadata", {"a": {"b": 1}})
    change("POST", f"/v1/orders/{order}/cancel", {"reason": "late", "lines": [{"number": 1, "quantity": 1}]})


def paid(ann: Caller, root: Caller) -> None:
    def change(path: str, **body: object) -> None:
        headers = {"Idempotency-Key": f"{path} {body}", "If-Match": "*"}
        response = root.ask("POST", f"/v1/orders{path}", headers=headers, **as_json(body))
        assert response.status_code == 201, response.text

    headers = {"Idempotency-Key": f"{ann.subject} paid"}
    line = {"title": "Gift", "quantity": 2, "unit_price_minor": 50}
    order = f"/{root.ask('POST', '/v1/orders', headers=headers, **as_json({'lines': [line]})).json['id']}"
    fact = {"provider": "bank", "amount_minor": 100}
    change(f"{order}/payments", **fact, reference=f"{ann.subject}-1", kind="captured")
    change(f"{order}/refunds", lines=[{"number": 1, "quantity": 1}], reason="broken")
    change(f"{order}/payments", **fact | {"amount_minor": 50}, reference=f"{ann.subject}-2", kind="refunded")


def expired(ann: Caller, root: Caller) -> None:
    headers = {"Idempotency-Key": f"{ann.subject} expires"}
    line = {"title": "Gift", "quantity": 2, "unit_price_minor": 50}
    body = {"lines": [line], "expires_in_seconds": 60, "customer": {"user_id": ann.subject}}
    assert root.ask("POST", "/v1/orders", headers=headers, **as_json(body)).status_code == 201
    later = datetime.now(UTC) + timedelta(seconds=61)
    assert container_of(ann.app).expire_orders(clock=lambda: later).expired


def parcelled(ann: Caller, root: Caller) -> None:
    def change(path: str, body: object) -> Any:
        headers = {"Idempotency-Key": f"{ann.subject} {path} {body}", "If-Match": "*"}
        return root.ask("POST", f"/v1{path}", headers=headers, **as_json(body)).json

    lines = [{"title": "Gift", "quantity": 2, "unit_price_minor": 50}]
    order = change("/orders", {"lines": lines, "customer": {"user_id": ann.subject}})["id"]
    change(f"/orders/{order}/shipments", {"lines": [{"number": 1, "quantity": 1}], "carrier": "DHL"})
    for shipment in change(f"/orders/{order}/shipments", {})["shipments"]:
        event = {"event_id": "1", "state": "delivered", "occurred_at": "2026-11-27T09:00:00Z"}
        change(f"/shipments/{shipment['id']}/events", event)


def returned(ann: Caller, root: Caller) -> None:
    def change(path: str, body: object) -> Any:
        headers = {"Idempotency-Key": f"{ann.subject} {path} {body}", "If-Match": "*"}
        return root.ask("POST", f"/v1{path}", headers=headers, **as_json(body)).json

    lines = [{"title": "Gift", "quantity": 2, "unit_price_minor": 50}]
    order = change("/orders", {"lines": lines})["id"]
    change(f"/orders/{order}/shipments", {"lines": [{"number": 1, "quantity": 1}]})
    units = {"number": 1, "quantity": 1}
    for verb, body in (("refuse", {"reason": "late"}), ("receive", {"lines": [units | {"restock": True}]})):
        returns = change(f"/orders/{order}/returns", {"lines": [units], "reason": verb})["returns"]
        change(f"/returns/{returns[-1]['id']}/{verb}", body)


def erased(ann: Caller, root: Caller) -> None:
    ann.place()
    person = {"user_id": ann.subject, "include_open": True}
    headers = {"Idempotency-Key": ann.subject}
    answer = root.ask("POST", "/v1/personal-data/erasures", headers=headers, **as_json(person))
    assert answer.json["complete"], answer.text


DEEDS: dict[Callable[[Caller, Caller], object], set[str]] = {
    placed: {"orders.order_placed.v1"},
    changed: {"orders.order_placed.v1", "orders.order_status_changed.v1"},
    canceled: {"orders.order_placed.v1", "orders.order_canceled.v1", "orders.user_notification.v1"},
    deleted: {"orders.order_placed.v1", "orders.order_deleted.v1"},
    low: {"orders.order_placed.v1", "orders.stock_low.v1"},
    delivered: {"orders.order_placed.v1", "orders.order_status_changed.v1", "orders.user_notification.v1"},
    lived: {
        "orders.order_placed.v1",
        "orders.order_held.v1",
        "orders.order_released.v1",
        "orders.order_annotated.v1",
        "orders.lines_canceled.v1",
    },
    erased: {"orders.order_placed.v1", "orders.order_erased.v1"},
    expired: {"orders.order_placed.v1", "orders.order_expired.v1", "orders.user_notification.v1"},
    parcelled: {
        "orders.order_placed.v1",
        "orders.shipment_created.v1",
        "orders.shipment_changed.v1",
        "orders.user_notification.v1",
    },
    returned: {
        "orders.order_placed.v1",
        "orders.shipment_created.v1",
        "orders.return_authorized.v1",
        "orders.return_refused.v1",
        "orders.return_received.v1",
    },
    paid: {
        "orders.order_placed.v1",
        "orders.payment_recorded.v1",
        "orders.refund_requested.v1",
        "orders.refund_settled.v1",
    },
}


@pytest.mark.clause("004-11")
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_published_message_matches_its_schema(real_stack: Stack, deed: Callable[[Caller, Caller], object]) -> None:
    real_stack.relayed()
    deed(real_stack.caller(), real_stack.caller(role=Role.ADMIN))

    published = real_stack.relayed()

    assert {key for key, _ in published.news} == DEEDS[deed]
    for key, event in published.news:
        assert key == event["type"]
        require_described(key, event)
    for notification in published.notifications:
        require_described("user-notification", notification)
    for key, event in published.cart_orders:
        assert key == event["type"]
        require_described(CART_MESSAGES[key], event)
    assert {key for key, _ in published.cart_orders} == (set(CART_MESSAGES) if deed is canceled else set())
    assert len(published.notifications) == sum(key == "orders.user_notification.v1" for key, _ in published.news)
    assert published.tasks
    for task in published.tasks:
        require_described("orders.new_order", task)


def test_scenarios_cover_every_event_type() -> None:
    assert set().union(*DEEDS.values()) == TYPES


@pytest.mark.parametrize(
    "spoilt",
    [
        {"unheard_of": 1},
        {"orderversion": 2},
        {"orderversion": "1"},
        {"time": "yesterday"},
        {"traceparent": None},
        {"data": {"order_id": "x"}},
    ],
    ids=lambda spoilt: next(iter(spoilt)),
)
def test_invalid_message_is_detected(real_stack: Stack, spoilt: dict[str, Any]) -> None:
    real_stack.relayed()
    placed(real_stack.caller(), real_stack.caller())
    (_, event), *_ = real_stack.relayed().news
    require_described("orders.order_placed.v1", event)

    with pytest.raises(AssertionError):
        require_described("orders.order_placed.v1", event | spoilt)
    with pytest.raises(AssertionError):
        require_described("orders.order_placed.v1", event | {"data": event["data"] | {"unheard_of": 1}})
