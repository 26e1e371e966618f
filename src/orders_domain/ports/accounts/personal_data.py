"""Personal data port: everything that is stored about a person, for its export and its erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.model.personal.erasure import Erase
from orders_domain.model.personal.subject import DataSubject
from orders_domain.model.values.json_values import JSON

ACCOUNT = "account"
RECORD_KINDS = ("template", "stock_hold", "request", "idempotency_key", "reservation", "alert_recipient")
"""The kinds of records beside the orders and the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRecord:
    """A stored record of a person that is no order, as an export shows it. ``kind`` is one of RECORD_KINDS."""

    kind: str
    values: Mapping[str, JSON]


class PersonalDataStore(Protocol):
    """Each method is a transaction of its own, or several short ones. It raises StoreUnavailable if it is unavailable.

    An erasure that was interrupted is completed by repeating it: each method finds what is left.
    """

    def orders_of(self, subject: DataSubject) -> Iterator[Order]:
        """Yield the orders of the person, deleted ones too: those of the user, and those of no user by the contact.

        Orders of other users whose contact has one of the addresses are not the person's.
        """
        ...

    def records_of(self, subject: DataSubject) -> Iterator[PersonalRecord]:
        """Yield the records of the person beside the orders and the account."""
        ...

    def erase_orders(self, order_ids: Sequence[UUID], *, erase: Erase) -> Mapping[UUID, int]:
        """Replace these orders and their histories by what ``erase`` returns, in one transaction; return the versions.

        It stores the new entries and their events, and rewrites the events that are not sent yet. It deletes the events
        that are sent, the notifications, the tags and the stored requests of the orders. It also deletes the exports of
        all users, whose files may contain the orders. An error of ``erase`` changes nothing.
        """
        ...

    def erase_records(self, subject: DataSubject, *, limit: int = 500) -> Mapping[str, int]:
        """Erase at most ``limit`` records of each kind in one transaction; return the numbers by kind, none of 0."""
        ...

    def erase_account(self, subject: DataSubject) -> bool:
        """Delete the account, and the user unless other rows refer to it; return whether there was an account."""
        ...
