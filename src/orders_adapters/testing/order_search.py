"""Contract of OrderQueries about the search: the texts that find an order, before and after a change."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders_adapters.testing.examples import ADA, ADMIN, NOON, items, new_id, placed
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Money, Order, OrderFilter, OrderStatus, Origin
from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.life import changes, shipping
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import Life
from orders_domain.model.order_filter import Sort
from orders_domain.model.personal.erasure import erased
from orders_domain.model.personal.subject import DataSubject
from orders_domain.model.search.order_words import order_words
from orders_domain.model.search.search_text import SearchText
from orders_domain.use_cases.orders.index_orders import FIRST

UNISOLATED = (HealthCheck.function_scoped_fixture,)
_ALPHABET = "abB1 ä-'%_*\\\"🍵\0"
_HOME = Address(line1="1 High Street", city="Köln", state="NRW", postal_code="SW1A 1AA", country="GB")

FINDS = (
    *("WEB-0042", "web0042", "0042", "WEB 0042", "#web-0042", "web-00"),
    *("Zoë", "zoe MÜLLER", "müller", "MULLER", "mull", "o'brien", "obrien", "O brien"),
    *("zoe.m+shop@Example.com", "zoe.m", "example.com", "@example.com"),
    *("+49 (151) 123-4567", "491511234567", "+49151 1234", "49 151"),
    *("koln", "KÖLN", "sw1a 1aa", "SW1A1AA", "sw1a"),
    *("lamp-1", "LAMP 1", "cable-7", "vip", "süß", "SÜSS", "suss"),
    *("zoe%", "*zoe*", "_zoe", "zoe\0", "'zoe'", "zoe 🍵", "\\zoe", "zoe;--", "(zoe)", "zoe:*", "zoe & brien"),
)
"""Texts that find the order of ``example``."""
FINDS_NOT = (
    *("42", "web-42", "nobody", "zoe nobody", "oe", "uller", "z", "ze%", "z*e", "zoe_muller", "mueller", "xample.com"),
    *("0151 1234567", "street", "ada", "lamp-10", "zoe | nobody", "!nobody"),
)
"""Texts that do not: other words, the inside of words, beginnings of less than three characters, wildcards."""
WITHOUT_WORDS = ("", " ", "%", "_", "*", "'", '"', "\\", "\0", "-.-", "🍵", "x" * 321, "x" * 10_000)


def example(*, reference: str = "WEB-0042", tags: tuple[str, ...] = ("vip", "süß")) -> Order:
    """A new order of a lamp and a cable."""
    contact = Contact(
        name="Zoë O'Brien-Müller", email="zoe.m+shop@example.com", phone="+49 151 1234567", shipping=_HOME
    )
    placing = Placing(source="shop", reference=reference, contact=contact, life=Life(tags=tags))
    return Order.place(
        order_id=new_id(), origin=Origin.SHOP, items=items(), total=Money(7550, "USD"), placing=placing, by=ADA, at=NOON
    )


def found(store: StoreHarness, text: str, **conditions: Any) -> list[object]:
    order_filter = OrderFilter(search=SearchText(text), **conditions)
    return [order.id for order in store.queries.search(order_filter).orders]


class OrderSearchTests:
    """Promises of ``OrderQueries.search`` about a text.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_text_finds_words_and_their_beginnings(self, store: StoreHarness) -> None:
        order = example()
        store.add(order, placed(lines=items({"sku": "TEA"})))

        for text in (*FINDS, str(order.number), f"#{order.number}"):
            assert found(store, text) == [order.id], text
        for text in FINDS_NOT:
            assert found(store, text) == [], text

    @pytest.mark.parametrize(
        ("name", "texts"),
        [
            ("Elif Yılmaz", ("yilmaz", "YILMAZ", "yılmaz", "Yılmaz")),
            ("İsa Işık", ("isa", "İSA", "ısa", "isik", "IŞIK")),
            ("Łukasz Ødegård", ("lukasz", "ŁUKASZ", "odegard", "ødegård", "O\N{COMBINING LONG SOLIDUS OVERLAY}degard")),
            ("Suite ４２", ("42", "４２", "suite")),
        ],
    )
    def test_letters_without_plain_form_are_found(self, store: StoreHarness, name: str, texts: tuple[str, ...]) -> None:
        order = example(tags=(name,))
        store.add(order)

        assert [found(store, text) for text in texts] == [[order.id]] * len(texts)

    @pytest.mark.parametrize("text", WITHOUT_WORDS, ids=lambda text: ascii(text[:12]))
    def test_text_without_words_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            SearchText(text)

        assert refusal.value.field == "text"

    def test_text_and_filters_are_combined(self, store: StoreHarness) -> None:
        first, second = example(reference="A-1"), example(reference="A-2", tags=("vip",))
        store.add(first, second, placed())
        store.changed(second, OrderStatus.PAID)

        assert found(store, "zoe", statuses=frozenset({OrderStatus.PAID})) == [second.id]
        assert found(store, "zoe", reference="A-1") == [first.id]
        assert found(store, "zoe", user_id="nobody") == []
        assert found(store, "vip", tag="süß") == [first.id]
        assert found(store, "zoe", placed_from=NOON + timedelta(seconds=1)) == []
        assert set(found(store, "a-", origin=Origin.SHOP, min_total=Money(1, "USD"))) == {first.id, second.id}
        assert found(store, "a-", origin=Origin.ORDERS) == []
        assert found(store, "a-2", origin=Origin.SHOP, min_total=Money(1, "USD"), currency="USD") == [second.id]

    @pytest.mark.parametrize("sort", Sort)
    def test_pages_of_a_text_follow_the_sort(self, store: StoreHarness, sort: Sort) -> None:
        orders = [example(reference=f"A-{number}") for number in range(5)]
        store.add(*orders, placed())
        store.changed(orders[2], OrderStatus.PAID)
        order_filter = OrderFilter(search=SearchText("zoe"), sort=sort, limit=2)
        expected = [order.id for order in store.queries.search(replace(order_filter, limit=9)).orders]

        seen: list[object] = []
        while True:
            page = store.queries.search(order_filter)
            seen += [order.id for order in page.orders]
            if page.next_cursor is None:
                break
            order_filter = replace(order_filter, cursor=page.next_cursor)

        assert seen == expected
        assert set(seen) == {order.id for order in orders}
        assert len(store.queries.search(replace(order_filter, cursor=None, offset=4)).orders) == 1

    def test_changed_words_are_found_at_once(self, store: StoreHarness) -> None:
        order = example()
        store.add(order)

        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            changes.annotate(present, tags=["late"], by=ADMIN, at=NOON)
            shipping.ship(present, str(new_id()), None, carrier=None, tracking_number="JD01 4600", by=ADMIN, at=NOON)
            uow.orders.save(present)
            uow.commit()

        assert found(store, "late JD014600") == found(store, "zoe") == [order.id]
        assert found(store, "vip") == []

    def test_tracking_numbers_of_all_parcels_are_found(self, store: StoreHarness) -> None:
        order = example()
        store.add(order)
        for number, tracking in enumerate(("JD01 4600", None, "JD02 4700"), start=1):
            with store.unit_of_work() as uow:
                present = uow.orders.get_for_update(order.id, with_shipments=False)
                line = {1: 1} if number == 1 else {2: 1}
                shipping.ship(present, str(new_id()), line, carrier=None, tracking_number=tracking, by=ADMIN, at=NOON)
                uow.orders.save(present)
                uow.commit()

        assert [found(store, text) for text in ("jd014600", "jd02", "zoe vip")] == [[order.id]] * 3
        with store.unit_of_work() as uow:
            uow.orders.store_words(after=FIRST, limit=9)
            uow.commit()
        assert [found(store, text) for text in ("jd014600", "jd02", "zoe vip")] == [[order.id]] * 3
        person = DataSubject(user_ids=frozenset({"ada"}), emails=frozenset())
        store.personal_data.erase_orders([order.id], erase=partial(erased, subject=person, by=ADMIN, at=NOON))
        assert [found(store, text) for text in ("jd014600", "jd02", "web-0042")] == [[], [], [order.id]]

    def test_deleted_and_erased_orders_are_not_found(self, store: StoreHarness) -> None:
        gone, left, other = example(reference="A-1"), example(reference="A-2"), example(reference="A-3")
        store.add(gone, left, other)
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(gone.id)
            present.delete(by=ADA, at=NOON)
            uow.orders.save(present)
            uow.commit()
        person = DataSubject(user_ids=frozenset({"ada"}), emails=frozenset())
        store.personal_data.erase_orders([left.id], erase=partial(erased, subject=person, by=ADMIN, at=NOON))

        for text in ("zoe", "example.com", "491511234567", "koln", "vip"):
            assert found(store, text) == [other.id], text
        assert found(store, "a-2") == found(store, str(left.number)) == [left.id]
        assert found(store, "a-1") == []

    def test_words_are_stored_again(self, store: StoreHarness) -> None:
        orders = [example(reference=f"A-{number}") for number in range(5)]
        store.add(*orders)
        ids = sorted(order.id for order in orders)

        with store.unit_of_work() as uow:
            steps = [uow.orders.store_words(after=after, limit=3) for after in (FIRST, ids[2], ids[-1])]
            uow.commit()

        assert steps == [ids[2], ids[-1], None]
        assert set(found(store, "zoe")) == set(ids)

    @given(
        tags=st.lists(st.text(_ALPHABET.replace("\0", ""), min_size=1, max_size=6), max_size=3),
        text=st.text(_ALPHABET, min_size=1, max_size=6),
    )
    @settings(suppress_health_check=UNISOLATED)
    def test_any_text_finds_what_the_model_says(self, store: StoreHarness, tags: list[str], text: str) -> None:
        order = example(reference=str(new_id()), tags=tuple(dict.fromkeys(tags)))
        store.add(order)
        try:
            search = SearchText(text)
        except InvalidValue:
            return

        is_found = order.id in found(store, text, reference=order.reference)

        assert is_found is search.matches(order_words(order))
