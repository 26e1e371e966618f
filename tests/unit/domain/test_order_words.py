"""Words of an order: which they are, how many there can be, and how a text is compared with them."""

from uuid import UUID

from orders_adapters.testing.examples import ADA, NOON
from orders_adapters.testing.order_search import example
from orders_domain import CustomItem, Money, Order, Origin
from orders_domain.model.search.order_words import MAX_WORDS, order_words
from orders_domain.model.search.search_text import SearchText
from orders_domain.model.values.search_words import MAX_WORD_LENGTH


def test_order_has_the_words_of_its_texts() -> None:
    order = example()
    order.number = 17

    assert set(order_words(order)) == {
        *("17", "web", "0042", "web0042", "vip", "suss"),
        *("zoe", "o", "brien", "muller", "obrienmuller", "koln", "sw1a", "1aa", "sw1a1aa"),
        *("m", "shop", "example", "com", "examplecom", "zoemshopexamplecom"),
        *("49", "151", "1234567", "491511234567", "lamp", "1", "lamp1", "cable", "7", "cable7"),
    }


def test_words_of_a_large_order_are_bounded() -> None:
    items = tuple(CustomItem({"sku": f"{number} {'-'.join('abcdefg')}{number}"}) for number in range(1_000))
    items = (*items[:-1], CustomItem({"sku": "long" * 99}))
    order = Order.place(order_id=UUID(int=1), origin=Origin.ORDERS, items=items, total=Money(1, "USD"), by=ADA, at=NOON)

    words = order_words(order)

    assert 1_000 < len(words) <= MAX_WORDS
    assert max(map(len, words)) <= MAX_WORD_LENGTH
    assert SearchText("abcdefg998").matches(words)
    assert SearchText("long" * 70).matches(words)
