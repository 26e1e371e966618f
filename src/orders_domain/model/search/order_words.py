"""Words of an order, by which the search finds it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from orders_domain.model import history
from orders_domain.model.values.search_words import compact_word, found_words

if TYPE_CHECKING:
    from orders_domain.model.history import HistoryEntry
    from orders_domain.model.order import Order

MAX_WORDS = 4_000
"""Of 64 characters each; PostgreSQL's limit for the words of a row is 1 MiB. The last skus of an order are left out."""


def order_words(order: Order) -> tuple[str, ...]:
    """Return the different words of the order, sorted.

    Its texts are the number, the reference, the customer's name, e-mail address and phone number, the cities and postal
    codes, the tracking numbers, the tags, and the skus of its lines. A text has each of its words, and the words that
    stand between white space without their punctuation; a code has all its letters and digits as one word, too.
    """
    different = dict.fromkeys(_words(order))
    return tuple(sorted(islice(different, MAX_WORDS)))


def added_words(entry: HistoryEntry) -> frozenset[str] | None:
    """Return the words that a change adds to those of the order, or None if it may take some away, too."""
    if entry.kind == history.ANNOTATED and "tags" in entry.details:
        return None
    if entry.kind != history.SHIPMENT_CREATED:
        return frozenset()
    shipment: Any = entry.details["shipment"]
    return frozenset(_code_words(shipment["tracking_number"] or ""))


def _words(order: Order) -> Iterator[str]:
    if order.number is not None:
        yield str(order.number)
    for code in _codes(order):
        yield from _code_words(code)
    for text in _texts(order):
        yield from found_words(text)
    for sku in _skus(order):
        yield from found_words(sku)


def _code_words(code: str) -> Iterator[str]:
    yield from found_words(code)
    if word := compact_word(code):
        yield word


def _codes(order: Order) -> Iterator[str]:
    """Yield the texts that people write with spaces and punctuation of their own."""
    if order.reference is not None:
        yield order.reference
    if order.contact.phone is not None:
        yield order.contact.phone
    for address in (order.address, order.contact.shipping, order.contact.billing):
        if address is not None:
            yield address.postal_code
    for shipment in order.life.shipments:
        if shipment.tracking_number is not None:
            yield shipment.tracking_number


def _texts(order: Order) -> Iterator[str]:
    contact = order.contact
    if contact.name is not None:
        yield contact.name
    if contact.email is not None:
        yield contact.email
        yield contact.email.rpartition("@")[2]
    for address in (order.address, contact.shipping, contact.billing):
        if address is not None:
            yield address.city
    yield from order.life.tags


def _skus(order: Order) -> Iterator[str]:
    for line in order.lines:
        if line.sku is not None:
            yield line.sku
    for item in order.items:
        if item.sku is not None:
            yield item.sku
