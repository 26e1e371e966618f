"""Envelope of `checkout` orders for the consumers of source 004, and the lines of a placed order."""

import json
from typing import Any

from orders_adapters.rabbitmq.messages import Message, messages_of
from orders_adapters.rabbitmq.topology import Topology
from orders_adapters.testing.carts import content
from orders_adapters.testing.examples import ADA, NOON, new_id, placed
from orders_domain import CustomItem, Order, Origin
from orders_domain.model.cart import Cart
from orders_domain.model.events import Event, event_for

EXCHANGE = Topology(order_events_exchange="orders.events")


def ordered(*items: dict[str, Any]) -> Order:
    cart = Cart(content(*items))
    return Order.place(order_id=new_id(), origin=Origin.CHECKOUT, cart=cart, total=cart.total, by=ADA, at=NOON)


def events(order: Order) -> list[Event]:
    return [event_for(entry, order) for entry in order.new_entries]


def there(event: Event, topology: Topology = EXCHANGE) -> list[Message]:
    return [message for message in messages_of(event, topology) if message.exchange == "orders.events"]


def test_placing_has_the_skus_and_quantities() -> None:
    order = ordered()
    (event,) = events(order)
    (message,) = there(event)

    assert (message.routing_key, message.mandatory) == ("orders.order_placed.v1", False)
    assert json.loads(message.body) == {
        "id": str(event.id),
        "type": "orders.order_placed.v1",
        "occurredAt": NOON.isoformat().replace("+00:00", "Z"),
        "aggregate": {"type": "order", "id": str(order.id), "version": 1},
        "payload": {
            "orderId": str(order.id),
            "items": [{"sku": "LAMP-1", "qty": 2}, {"sku": "CABLE-7", "qty": 1}],
        },
    }


def test_cancellation_leaves_out_an_unknown_reason() -> None:
    payloads = []
    for reason in (None, "too late"):
        order = ordered()
        order.cancel(reason, by=ADA, at=NOON)
        (message,) = there(events(order)[1])
        payload = json.loads(message.body)["payload"]
        assert payload.pop("orderId") == str(order.id)
        payloads.append(payload)

    at = NOON.isoformat().replace("+00:00", "Z")
    assert payloads == [{"canceledAt": at}, {"reason": "too late", "canceledAt": at}]


def test_other_events_are_not_published_there() -> None:
    (elsewhere,) = events(placed(by=ADA, at=NOON))
    (without_sku,) = events(ordered({"quantity": 1, "unitPriceCents": 5}))
    (cart,) = events(ordered())

    assert [there(event) for event in (elsewhere, without_sku)] == [[], []]
    assert there(cart, Topology()) == []
    assert len(messages_of(cart, Topology())) == 2


def test_exchange_is_declared() -> None:
    names = [getattr(declaration, "name", None) for declaration in EXCHANGE.declarations]

    assert names == ["new_order", "new_order", "orders", "orders.events"]
    assert len(Topology().declarations) == 3


def test_line_has_what_the_item_states() -> None:
    lines = {
        "{}": {},
        '{"product_id": 3, "sku": "A", "qty": 2, "price": 1.5}': {
            "product_id": 3, "sku": "A", "quantity": 2, "unit_price_minor": 150,
        },
        '{"product_id": "3", "sku": 7, "quantity": 0.5, "unit_price": 0.001}': {"quantity": 0.5},
        '{"sku": "A", "qty": 1, "unitPriceCents": 99}': {"sku": "A", "quantity": 1, "unit_price_minor": 99},
    }  # fmt: skip

    assert {text: CustomItem(json.loads(text)).as_line("USD") for text in lines} == lines
