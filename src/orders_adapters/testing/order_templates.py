"""Contract of OrderTemplateRepository: templates are stored unchanged, private to their user, and deletable."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from orders_adapters.testing.examples import ADA, NOON, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain.errors import InvalidValue, TemplateNotFound
from orders_domain.model.address import Address
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.order_template import MAX_PAGE_ITEMS, NewOrderTemplate, OrderTemplate
from orders_domain.model.product import RequestedItem

HOME = Address(line1="12 Hill Road", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")


def weekly(user_id: str = "ada", *, name: str = "Weekly tea") -> NewOrderTemplate:
    requested_items = (
        RequestedItem(product_id=7, quantity=2),
        RequestedItem(product_id=3, quantity=1),
        RequestedItem(product_id=7, quantity=5),
    )
    return NewOrderTemplate(user_id=user_id, name=name, requested_items=requested_items, address=HOME)


def ids(*templates: OrderTemplate) -> list[int]:
    return [template.id for template in templates]


class OrderTemplateRepositoryTests:
    """Promises of ``OrderTemplateRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_template_is_read_as_added(self, store: StoreHarness) -> None:
        added = store.templates.add(weekly(), at=NOON)

        assert store.templates.get(added.id) == added
        assert (added.name, added.requested_items, added.address) == ("Weekly tea", weekly().requested_items, HOME)
        assert (added.user_id, added.created_at) == ("ada", NOON)

    @pytest.mark.parametrize(
        "name",
        ["'; DROP TABLE order_templates; --", "<script>alert(1)</script>", "Tee \U0001f375 \\ %s :name", "x" * 255],
    )
    def test_template_name_is_stored_exactly(self, store: StoreHarness, name: str) -> None:
        added = store.templates.add(weekly(name=name), at=NOON)

        assert store.templates.get(added.id).name == name
        assert [template.name for template in store.templates.list_for_user("ada")] == [name]

    def test_templates_are_listed_per_user_in_pages(self, store: StoreHarness) -> None:
        mine = [store.templates.add(weekly(), at=NOON - timedelta(days=day)) for day in range(5)]
        store.templates.add(weekly("grace"), at=NOON)

        assert list(store.templates.list_for_user("ada")) == mine
        assert ids(*store.templates.list_for_user("ada", limit=2)) == ids(*mine[:2])
        assert ids(*store.templates.list_for_user("ada", offset=2, limit=2)) == ids(*mine[2:4])
        assert ids(*store.templates.list_for_user("ada", offset=4, limit=2)) == ids(*mine[4:])
        assert list(store.templates.list_for_user("nobody")) == []

    def test_page_of_too_many_items_is_refused(self, store: StoreHarness) -> None:
        large = replace(weekly(), requested_items=(RequestedItem(product_id=7, quantity=2),) * MAX_ITEMS)
        allowed = MAX_PAGE_ITEMS // MAX_ITEMS
        for _ in range(allowed + 1):
            store.templates.add(large, at=NOON)

        with pytest.raises(InvalidValue, match=f"at most {allowed} ") as refusal:
            store.templates.list_for_user("ada")

        assert refusal.value.field == "limit"
        assert len(store.templates.list_for_user("ada", limit=allowed)) == allowed
        assert len(store.templates.list_for_user("ada", offset=allowed)) == 1

    def test_deleted_template_id_is_not_reused(self, store: StoreHarness) -> None:
        first, second = (store.templates.add(weekly(), at=NOON) for _ in range(2))

        store.templates.delete(second.id)

        with pytest.raises(TemplateNotFound) as refusal:
            store.templates.get(second.id)
        assert refusal.value.template_id == second.id
        assert ids(*store.templates.list_for_user("ada")) == [first.id]
        assert store.templates.add(weekly(), at=NOON).id > second.id

    @pytest.mark.parametrize("unknown", [404, 10**18 - 1])
    def test_unknown_template_raises_not_found(self, store: StoreHarness, unknown: int) -> None:
        existing = store.templates.add(weekly(), at=NOON)

        for method in (store.templates.get, store.templates.delete):
            with pytest.raises(TemplateNotFound):
                method(unknown)

        assert list(store.templates.list_for_user("ada")) == [existing]

    def test_first_template_or_order_creates_the_user(self, store: StoreHarness) -> None:
        store.templates.add(weekly("new to us"), at=NOON)
        store.add(placed(by=ADA))
        store.templates.add(weekly("ada"), at=NOON)

        assert len(store.templates.list_for_user("ada")) == len(store.templates.list_for_user("new to us")) == 1

    def test_concurrent_delete_succeeds_once(self, store: StoreHarness) -> None:
        template = store.templates.add(weekly(), at=NOON)

        results = at_once(*[partial(store.templates.delete, template.id)] * 8)

        assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["TemplateNotFound"] * 7

    def test_concurrent_adds_create_all_templates(self, store: StoreHarness) -> None:
        at_once(*[partial(store.templates.add, weekly(), at=NOON)] * 8)

        assert len(set(ids(*store.templates.list_for_user("ada")))) == 8
