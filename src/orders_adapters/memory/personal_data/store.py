"""In-memory personal data store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from orders_adapters.memory.store import InMemoryStore
from orders_adapters.serialization.cloudevents import event_bytes
from orders_domain.model import events
from orders_domain.model.jobs import ExportJob, FilePart, JobStatus, PlacementJob
from orders_domain.model.order import Order
from orders_domain.model.personal.erasure import Erase, ErasedOrder
from orders_domain.model.personal.fates import WORD
from orders_domain.model.personal.subject import DataSubject
from orders_domain.model.reservation import ReservationState
from orders_domain.ports.accounts.personal_data import RECORD_KINDS, PersonalDataStore, PersonalRecord
from orders_domain.ports.outbox import DUE_AT_ONCE, OutboxMessage, OutboxState

_UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class InMemoryPersonalDataStore(PersonalDataStore):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def orders_of(self, subject: DataSubject) -> Iterator[Order]:
        with self._store.read_lock:
            found = deepcopy([order for order in self._store.orders.values() if _is_of(order, subject)])
        yield from sorted(found, key=lambda order: (order.created_at, order.id))

    def records_of(self, subject: DataSubject) -> Iterator[PersonalRecord]:
        with self._store.read_lock:
            found = [
                PersonalRecord(kind=kind, values=_exported(row))
                for kind in RECORD_KINDS
                for row in self._rows(kind, subject).values()
            ]
        yield from found

    def erase_orders(self, order_ids: Sequence[UUID], *, erase: Erase) -> Mapping[UUID, int]:
        with self._store.write_lock:
            known = [order_id for order_id in sorted(order_ids) if order_id in self._store.orders]
            results = [
                (erase(deepcopy(self._store.orders[order_id]), deepcopy(self._store.histories[order_id])), order_id)
                for order_id in known
            ]
            with self._store.read_lock:
                for erased, order_id in results:
                    self._replace(erased, self._store.orders[order_id].user_id)
                self._delete_exports()
                self._exclude_webhooks()
        self._store.on_commit()
        return {order_id: erased.order.version for erased, order_id in results}

    def erase_records(self, subject: DataSubject, *, limit: int = 500) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        with self._store.write_lock, self._store.read_lock:
            for kind in RECORD_KINDS:
                for key in list(self._rows(kind, subject))[:limit]:
                    self._erase_record(kind, key, subject)
                    counts[kind] = counts.get(kind, 0) + 1
        return counts

    def erase_account(self, subject: DataSubject) -> bool:
        with self._store.read_lock:
            found = [self._store.users.pop(user_id, None) for user_id in subject.user_ids]
            queue = self._store.notifications
            for notification_id in [key for key, row in queue.items() if subject.is_email(row.notification.address)]:
                del queue[notification_id]
        return any(found)

    def _exclude_webhooks(self) -> None:
        """Change the position of webhooks, so that no events are queued that were read before the erasure."""
        if position := self._store.webhook_position:
            later = position.read_at + timedelta(microseconds=1)
            self._store.webhook_position = replace(position, read_at=later)

    def _delete_exports(self) -> None:
        for job_id in [job.id for job in self._store.jobs.values() if isinstance(job, ExportJob)]:
            del self._store.jobs[job_id]
            self._store.job_files.pop((job_id, FilePart.WRITTEN), None)

    def _replace(self, erased: ErasedOrder, user_id: str | None) -> None:
        order, store = erased.order, self._store
        new = [*order.new_entries]
        order.new_entries.clear()
        store.orders[order.id] = order
        store.histories[order.id] = [*erased.entries, *new]
        rewritten = {entry.version: entry for entry in erased.entries}
        store.entries[:] = [
            rewritten[entry.version] if entry.order_id == order.id else entry for entry in store.entries
        ] + new
        self._replace_events(erased)
        for message in [events.event_for(entry, order) for entry in new]:
            store.outbox[message.id] = OutboxMessage(event=message, state=OutboxState.WAITING, due_at=DUE_AT_ONCE)
        queue = store.notifications
        for key in [key for key, row in queue.items() if row.notification.order_id == order.id]:
            del queue[key]
        for job_id in [job.id for job in store.jobs.values() if _placed(job) == order.id]:
            del store.jobs[job_id]
        if order.id in store.reservations:
            store.reservations[order.id] = replace(store.reservations[order.id], user_id=WORD)
        store.movements[:] = [
            replace(row, by=WORD) if (row.order_id, row.by) == (order.id, user_id) else row for row in store.movements
        ]

    def _replace_events(self, erased: ErasedOrder) -> None:
        store = self._store
        for event in erased.events:
            message = store.outbox.get(event.id)
            if message and message.state is OutboxState.SENT:
                del store.outbox[event.id]
            elif message:
                store.outbox[event.id] = replace(message, event=event, last_error=None)
        bodies = {event.id: event_bytes(event) for event in erased.events}
        for key, delivery in store.webhook_deliveries.items():
            if body := bodies.get(delivery.message.id):
                store.webhook_deliveries[key] = replace(delivery, message=replace(delivery.message, body=body))
        for event_id in erased.notification_ids:
            store.outbox.pop(event_id, None)
        ended = {event.id for event in erased.events} | set(erased.notification_ids)
        store.notifying[:] = [event_id for event_id in store.notifying if event_id not in ended]

    def _rows(self, kind: str, subject: DataSubject) -> dict[Any, Any]:
        """Return the records of the kind by their keys."""
        store, ids = self._store, subject.user_ids
        match kind:
            case "template":
                return {key: row for key, row in store.templates.items() if row.user_id in ids}
            case "stock_hold":
                known = {hold.id: hold for _, hold in store.stock_hold_keys.values()} | store.stock_holds
                keyed = {hold.id for (owner, *_), (_, hold) in store.stock_hold_keys.items() if owner in ids}
                return {key: row for key, row in known.items() if row.user_id in ids or key in keyed}
            case "request":
                return {
                    key: job
                    for key, job in store.jobs.items()
                    if job.actor.subject in ids and (isinstance(job, PlacementJob) or job.status not in _UNFINISHED)
                }
            case "idempotency_key":
                return {key: row for key, row in store.idempotency_keys.items() if key[0] in ids}
            case "reservation":
                return {
                    key: row
                    for key, row in store.reservations.items()
                    if row.user_id in ids and row.state is not ReservationState.PENDING
                }
        return {key: row for key, row in store.alert_recipients.items() if subject.is_email(key[1])}

    def _erase_record(self, kind: str, key: Any, subject: DataSubject) -> None:
        store = self._store
        match kind:
            case "stock_hold":
                if key in store.stock_holds:
                    store.stock_holds[key] = replace(store.stock_holds[key], user_id=WORD)
                for composite in [name for name, (_, hold) in store.stock_hold_keys.items() if hold.id == key]:
                    del store.stock_hold_keys[composite]
                store.movements[:] = [
                    replace(row, by=WORD) if row.hold_id == key and row.by in subject.user_ids else row
                    for row in store.movements
                ]
            case "reservation":
                store.reservations[key] = replace(store.reservations[key], user_id=WORD)
                store.reservation_keys.pop(key, None)
            case _:
                rows: dict[str, dict[Any, Any]] = {
                    "template": store.templates,
                    "request": store.jobs,
                    "idempotency_key": store.idempotency_keys,
                    "alert_recipient": store.alert_recipients,
                }
                del rows[kind][key]


def _is_of(order: Order, subject: DataSubject) -> bool:
    if order.user_id is None:
        return subject.is_email(order.contact.email)
    return order.user_id in subject.user_ids


def _placed(job: object) -> UUID | None:
    return job.answer.order_id if isinstance(job, PlacementJob) and job.answer else None


def _exported(row: Any) -> dict[str, Any]:
    return {name: _json(value) for name, value in asdict(row).items()}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(member) for member in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str | int | float | None) else str(getattr(value, "value", value))
