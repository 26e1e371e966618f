"""Contract of PersonalDataStore: it finds the data of a person, and erases it in whole batches."""

import json
from collections.abc import Sequence
from functools import partial

import pytest

from orders_adapters.testing.examples import ADA, ADMIN, GRACE, NOON, TOTAL, items, new_id, placed
from orders_adapters.testing.jobs import export, product_import
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.webhooks.deliveries import FIRST, SECOND, queued, stored
from orders_domain import Order, Origin
from orders_domain.errors import JobNotFound
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.accounts.user import User
from orders_domain.model.address import Address
from orders_domain.model.history import ERASED, HistoryEntry
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import Life
from orders_domain.model.order import rebuild
from orders_domain.model.order_template import NewOrderTemplate
from orders_domain.model.personal.erasure import ErasedOrder, erased
from orders_domain.model.personal.fates import WORD
from orders_domain.model.personal.subject import DataSubject
from orders_domain.model.product import RequestedItem
from orders_domain.model.webhooks.delivery import WebhookMessage
from orders_domain.ports.outbox import OutboxState
from orders_domain.ports.webhooks.deliveries import NewDelivery

HOME = Address(line1="1 Elm St", city="Ur", state="IL", postal_code="1", country="US")
PERSON = DataSubject(user_ids=frozenset({"ada"}), emails=frozenset({"ada@example.com"}))
ERASE = partial(erased, subject=PERSON, by=ADMIN, at=NOON)


def named(email: str, *, user_id: str = "ada") -> Order:
    """A new order with a contact, tags and metadata."""
    placing = Placing(contact=Contact(name="Ada", email=email), life=Life(tags=("vip",), metadata={"a": "b"}))
    return Order.place(
        order_id=new_id(), origin=Origin.SHOP, items=items(), total=TOTAL, placing=placing, address=HOME,
        user_id=user_id, by=GRACE, at=NOON,
    )  # fmt: skip


def of_guest(email: str) -> Order:
    order = named(email)
    order.user_id = None
    order.new_entries[0] = HistoryEntry(
        **{name: getattr(order.new_entries[0], name) for name in HistoryEntry.__slots__ if name != "details"},
        details={**order.new_entries[0].details, "user_id": None},
    )
    return order


class PersonalDataStoreTests:
    """Promises of ``PersonalDataStore``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_orders_are_those_of_user_and_guest(self, store: StoreHarness) -> None:
        own, guest = placed(), of_guest(" ADA@Example.com ")
        other = named("ada@example.com", user_id="grace")  # may be a typing error, and is another's anyway
        store.add(own, guest, other, placed(by=GRACE), of_guest("adam@example.com"))

        assert {order.id for order in store.personal_data.orders_of(PERSON)} == {own.id, guest.id}
        nobody = DataSubject(user_ids=frozenset({"ad", "ADA", "%"}), emails=frozenset())
        assert list(store.personal_data.orders_of(nobody)) == []

    def test_deleted_order_is_found_and_erased(self, store: StoreHarness) -> None:
        order = store.placed()
        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            present.delete(by=ADA, at=NOON)
            uow.orders.save(present)
            uow.commit()

        versions = store.personal_data.erase_orders([order.id], erase=ERASE)

        assert versions == {order.id: 3}
        assert list(store.personal_data.orders_of(PERSON)) == []

    def test_erased_order_is_what_its_history_says(self, store: StoreHarness) -> None:
        order, other = named("ada@example.com"), named("eve@example.com", user_id="grace")
        store.add(order, other)

        versions = store.personal_data.erase_orders([order.id], erase=ERASE)

        present = store.queries.get(order.id)
        history = store.queries.history(order.id)
        assert versions == {order.id: 2} == {present.id: present.version}
        assert rebuild(history, number=present.number) == present
        assert (present.contact, present.address, present.user_id) == (NO_CONTACT, None, None)
        assert (present.life.tags, present.life.metadata, present.total) == ((), {}, TOTAL)
        assert [(entry.kind, entry.actor, entry.request_id) for entry in history] == [
            ("placed", "grace", None),
            (ERASED, "root", ADMIN.request_id),
        ]
        assert store.queries.get(other.id) == other
        assert store.queries.get(other.id).contact == other.contact

    def test_exports_of_everybody_are_deleted(self, store: StoreHarness) -> None:
        order, exported, imported = store.placed(by=ADA), export(by=ADMIN), product_import()
        store.jobs.add_once(exported)
        store.jobs.add_once(imported, content=b"sku,name")

        store.personal_data.erase_orders([order.id], erase=ERASE)

        assert store.jobs.get(imported.id) == imported
        with pytest.raises(JobNotFound):
            store.jobs.get(exported.id)

    def test_own_changes_have_no_actor(self, store: StoreHarness) -> None:
        order = store.placed(by=ADA)

        store.personal_data.erase_orders([order.id], erase=ERASE)

        assert [entry.actor for entry in store.queries.history(order.id)] == [WORD, "root"]

    def test_waiting_events_are_rewritten(self, store: StoreHarness) -> None:
        order = store.placed(by=ADA)

        store.personal_data.erase_orders([order.id], erase=ERASE)

        events = [message.event for message in store.events()]
        assert [(event.type, event.version) for event in events] == [
            ("orders.order_placed.v1", 1),
            ("orders.order_erased.v1", 2),
        ]
        assert [event.data["user_id"] for event in events] == [None, None]
        assert all(message.state is OutboxState.WAITING for message in store.events())

    def test_webhooks_that_wait_are_rewritten(self, store: StoreHarness) -> None:
        order, receiver = store.placed(by=ADA), stored(store)
        (event,) = [message.event for message in store.events()]
        message = WebhookMessage(id=event.id, type=event.type, order_id=order.id, version=1, body=b'"ada"')
        queued(store, receiver, message)

        store.personal_data.erase_orders([order.id], erase=ERASE)

        (delivery,) = store.webhook_queue.claim(receiver.id, now=NOON, until=NOON, limit=2)
        sent = json.loads(delivery.message.body)
        assert (sent["id"], sent["data"]["user_id"]) == (str(event.id), None)
        assert '"ada"' not in delivery.message.body.decode()

    def test_event_that_was_read_before_is_not_queued(self, store: StoreHarness) -> None:
        order, receiver, queue = store.placed(by=ADA), stored(store), store.webhook_queue
        (event,) = [message.event for message in store.events()]
        message = WebhookMessage(id=event.id, type=event.type, order_id=order.id, version=1, body=b'"ada"')
        read = [NewDelivery(endpoint_id=receiver.id, message=message)]
        assert queue.add_from_feed([], previous=None, position=FIRST, now=NOON)
        before = queue.position()

        store.personal_data.erase_orders([order.id], erase=ERASE)

        assert not queue.add_from_feed(read, previous=before, position=SECOND, now=NOON)
        after = queue.position()
        assert after is not None
        assert after.cursor == FIRST.cursor
        assert queue.add_from_feed([], previous=after, position=SECOND, now=NOON)

    def test_failing_batch_changes_nothing(self, store: StoreHarness) -> None:
        orders = [store.placed() for _ in range(3)]
        last = max(order.id for order in orders)

        def fail(order: Order, entries: Sequence[HistoryEntry]) -> ErasedOrder:
            if order.id == last:
                raise LookupError
            return ERASE(order, entries)

        with pytest.raises(LookupError):
            store.personal_data.erase_orders([order.id for order in orders], erase=fail)

        assert [store.queries.get(order.id) for order in orders] == orders
        assert len(store.events()) == 3

    def test_unknown_order_is_passed_over(self, store: StoreHarness) -> None:
        assert store.personal_data.erase_orders([new_id()], erase=ERASE) == {}

    def test_records_are_erased_in_batches(self, store: StoreHarness) -> None:
        for number, user_id in enumerate(["ada", "ada", "ada", "grace"]):
            wanted = (RequestedItem(product_id=1, quantity=1),)
            template = NewOrderTemplate(user_id=user_id, name=f"No. {number}", requested_items=wanted, address=HOME)
            store.templates.add(template, at=NOON)

        kinds = [record.kind for record in store.personal_data.records_of(PERSON)]
        counts = [store.personal_data.erase_records(PERSON, limit=2) for _ in range(3)]

        assert kinds == ["template"] * 3
        assert counts == [{"template": 2}, {"template": 1}, {}]
        assert [template.user_id for template in store.templates.list_for_user("grace")] == ["grace"]

    def test_account_is_deleted_alone(self, store: StoreHarness) -> None:
        store.users.add(User(id="ada", email="ada@example.com", password_hash="h", created_at=NOON))
        store.users.add(User(id="grace", email="grace@example.com", password_hash="h", created_at=NOON))
        order = store.placed(by=ADA)

        assert store.personal_data.erase_account(PERSON)

        assert [user.id for user in store.users.list_page()] == ["grace"]
        assert store.queries.get(order.id) == order  # whose user remains, because the order refers to it
        assert not store.personal_data.erase_account(PERSON)
