"""Use cases: export and erase what is stored about a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeAlias

from orders_domain.errors import InvalidValue, UserNotFound
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.accounts.auth_token import issued_before, subject_key
from orders_domain.model.accounts.user import User
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order
from orders_domain.model.personal.erasure import MAX_NAMED, ErasedOrder, OrdersOpen, erased, is_open
from orders_domain.model.personal.fates import WORD
from orders_domain.model.personal.subject import DataSubject, SubjectNotFound
from orders_domain.ports.accounts.email_normalizer import EmailNormalizer
from orders_domain.ports.accounts.personal_data import ACCOUNT, PersonalDataStore, PersonalRecord
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries

ORDER = "order"
BATCH_SIZE = 50
"""Orders that one transaction erases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPersonalData:
    """The person: the id of a user, or an e-mail address of an account or of orders without a user."""

    actor: Actor
    user_id: str | None = None
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonalData:
    """The person, as for an export. ``dry_run`` only counts; ``include_open`` erases open orders, too."""

    actor: Actor
    user_id: str | None = None
    email: str | None = field(default=None, repr=False)
    include_open: bool = False
    dry_run: bool = False
    max_orders: int | None = None  # of this step; the rest is left to the next one


@dataclass(frozen=True, slots=True)
class ExportedOrder:
    """An order and its history, oldest entry first."""

    order: Order
    history: Sequence[HistoryEntry]
    subject: DataSubject  # whose own changes the history names


Exported: TypeAlias = User | ExportedOrder | PersonalRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureStep:
    """The numbers by kind of all that has been erased so far, or would be with ``dry_run``. ``is_complete`` ends it."""

    counts: Mapping[str, int]
    is_complete: bool = False


def export_personal_data(
    request: ExportPersonalData,
    *,
    personal_data: PersonalDataStore,
    users: UserRepository,
    queries: OrderQueries,
    normalize_email: EmailNormalizer,
) -> Iterator[Exported]:
    """Return the account, the orders with their histories, and the other records, one after the other.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: neither or both of user id and e-mail address are given, or one is not allowed.
        SubjectNotFound: nothing is stored about the person.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    subject, account = _subject(request, users, normalize_email)
    found = _exported(subject, account, personal_data, queries)
    first = next(found, None)  # read now, so that an unknown person is an error before the answer begins
    if first is None:
        raise SubjectNotFound
    return _chained(first, found)


def erase_personal_data(
    request: ErasePersonalData,
    *,
    personal_data: PersonalDataStore,
    users: UserRepository,
    revoked_tokens: RevokedTokens,
    cache: OrderCache,
    normalize_email: EmailNormalizer,
    clock: Clock,
) -> Iterator[ErasureStep]:
    """Erase what is stored about a person in short transactions, and yield a step after each.

    Sessions end first and the account is deleted last, so that an interrupted erasure is completed by repeating it.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: neither or both of user id and e-mail address are given, or the person is the actor.
        SubjectNotFound: nothing is stored about the person.
        OrdersOpen: orders are open, and ``include_open`` is not set; nothing has been erased.
        LastAdministrator: the person's account is the only one of an administrator; nothing has been erased.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    subject, account = _subject(request, users, normalize_email)
    if request.actor.subject in subject.user_ids:
        raise InvalidValue("The person must not be the actor, whom the histories record.", field="user_id")
    counts = _counts(subject, account, personal_data, stops_at_first=request.include_open and not request.dry_run)
    if not counts.numbers:
        raise SubjectNotFound
    if counts.open_count and not request.include_open and not request.dry_run:
        raise OrdersOpen(counts.open_numbers, counts.open_count)
    if request.dry_run:
        return _counted(counts)
    if account:
        users.disable_replaceable(account.id, at=clock())
    return _erasing(request, subject, personal_data, revoked_tokens, cache, clock)


@dataclass(slots=True)
class _Counts:
    numbers: Counter[str] = field(default_factory=Counter)
    open_numbers: list[int | None] = field(default_factory=list)
    open_count: int = 0

    def as_mapping(self) -> dict[str, int]:
        return dict(self.numbers) | ({"open_order": self.open_count} if self.open_count else {})


def _counts(
    subject: DataSubject, account: User | None, personal_data: PersonalDataStore, *, stops_at_first: bool
) -> _Counts:
    """Count what is stored; with ``stops_at_first`` only whether anything is."""
    counts = _Counts()
    counts.numbers.update([ACCOUNT] if account else [])
    for order in personal_data.orders_of(subject):
        counts.numbers[ORDER] += 1
        if is_open(order):
            counts.open_count += 1
            counts.open_numbers += [order.number] if counts.open_count <= MAX_NAMED else []
        if stops_at_first:
            return counts
    for record in personal_data.records_of(subject):
        counts.numbers[record.kind] += 1
    return counts


def _counted(counts: _Counts) -> Iterator[ErasureStep]:
    yield ErasureStep(counts=counts.as_mapping(), is_complete=True)


def _erasing(
    request: ErasePersonalData,
    subject: DataSubject,
    personal_data: PersonalDataStore,
    revoked_tokens: RevokedTokens,
    cache: OrderCache,
    clock: Clock,
) -> Iterator[ErasureStep]:
    for user_id in sorted(subject.user_ids):
        revoked_tokens.revoke({subject_key(user_id): issued_before(clock())})
    counts: Counter[str] = Counter()
    erase = partial(_erased, subject=subject, request=request, clock=clock)
    orders = (order.id for order in personal_data.orders_of(subject))
    while size := _next_size(request, counts[ORDER]):
        batch = list(islice(orders, size))
        if not batch:
            break
        versions = personal_data.erase_orders(batch, erase=erase)
        cache.invalidate(versions)
        counts[ORDER] += len(versions)
        yield ErasureStep(counts=dict(counts))
    if next(orders, None) is not None:
        return
    while erased_records := personal_data.erase_records(subject):
        counts.update(erased_records)
        yield ErasureStep(counts=dict(counts))
    if personal_data.erase_account(subject):
        counts[ACCOUNT] += 1
    yield ErasureStep(counts=dict(counts), is_complete=True)


def _next_size(request: ErasePersonalData, done: int) -> int:
    return BATCH_SIZE if request.max_orders is None else min(BATCH_SIZE, request.max_orders - done)


def _erased(
    order: Order, entries: Sequence[HistoryEntry], *, subject: DataSubject, request: ErasePersonalData, clock: Clock
) -> ErasedOrder:
    if is_open(order) and not request.include_open:  # it was placed since
        raise OrdersOpen([order.number], 1)
    return erased(order, entries, subject=subject, by=request.actor, at=clock())


def _exported(
    subject: DataSubject, account: User | None, personal_data: PersonalDataStore, queries: OrderQueries
) -> Iterator[Exported]:
    if account:
        yield account
    for order in personal_data.orders_of(subject):
        yield ExportedOrder(order, queries.history(order.id), subject)
    yield from personal_data.records_of(subject)


def _chained(first: Exported, others: Iterator[Exported]) -> Iterator[Exported]:
    yield first
    yield from others


def _subject(
    request: ExportPersonalData | ErasePersonalData, users: UserRepository, normalize_email: EmailNormalizer
) -> tuple[DataSubject, User | None]:
    """Return the person and the account. An id that is an e-mail address is the person's address, and vice versa."""
    if (request.email is None) == (request.user_id is None):
        raise InvalidValue("Either an e-mail address or a user id must be given.", field="email")
    given = request.email if request.email is not None else Actor(subject=request.user_id or "").subject
    emails: set[str] = set()
    if "@" in given or request.email is not None:
        emails = {given.strip().lower(), normalize_email(given)}
    user_ids = {given, *emails} if emails else {given}
    if WORD in user_ids:  # rows of all erased people have it, and would be erased without end
        raise InvalidValue(f"The person must not be {WORD}, which is in the place of erased user ids.", field="user_id")
    account = _account(user_ids, emails, users)
    if account:
        user_ids.add(account.id)
        emails.add(account.email)
    return DataSubject(user_ids=frozenset(user_ids), emails=frozenset(emails)), account


def _account(user_ids: set[str], emails: set[str], users: UserRepository) -> User | None:
    for email in sorted(emails):
        try:
            return users.by_email(email)
        except UserNotFound:
            continue
    for user_id in sorted(user_ids):
        try:
            return users.get(user_id)
        except UserNotFound:
            continue
    return None
