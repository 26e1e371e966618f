"""Use case: purge expired data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta

from orders_domain.errors import StoreUnavailable
from orders_domain.model import idempotency
from orders_domain.model.jobs import BulkStatusJob, ExportJob, ImportJob, PlacementJob, files, placement
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.clock import Clock
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup
from orders_domain.ports.inbox import InboxCleanup
from orders_domain.ports.jobs import JobRepository
from orders_domain.ports.notification_queue import NotificationQueue
from orders_domain.ports.outbox import Outbox
from orders_domain.ports.webhooks.deliveries import WebhookQueue

SENT_EVENT_RETENTION = timedelta(days=7)
TOKEN_RETENTION = timedelta(minutes=5)
"""After the expiry of a token, because the clock of a host that verifies it may be slow."""
JOB_RETENTION = timedelta(days=30)
DELIVERY_RETENTION = timedelta(days=30)
MESSAGE_RETENTION = timedelta(days=90)
"""A later duplicate of a tracking event is harmless, because the lifecycle never goes backwards."""


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """The number of rows deleted, and the kinds of which the store could delete none."""

    events: int = 0
    keys: int = 0
    tokens: int = 0
    messages: int = 0
    jobs: int = 0
    notifications: int = 0
    webhooks: int = 0
    failed: tuple[str, ...] = ()

    def __add__(self, other: "PurgeResult") -> "PurgeResult":
        counts = {name: getattr(self, name) + getattr(other, name) for name in _KINDS}
        return PurgeResult(**counts, failed=tuple(dict.fromkeys((*self.failed, *other.failed))))

    @property
    def has_deleted(self) -> bool:
        """Whether a row was deleted, so that more may be left to delete."""
        return any(getattr(self, name) for name in _KINDS)


_KINDS = tuple(part.name for part in fields(PurgeResult) if part.name != "failed")


def purge_expired_data(
    *,
    outbox: Outbox,
    idempotency_keys: IdempotencyKeyCleanup,
    revoked_tokens: RevokedTokens,
    inbox: InboxCleanup,
    jobs: JobRepository,
    notifications: NotificationQueue,
    webhook_queue: WebhookQueue,
    clock: Clock,
    limit: int = 1_000,
) -> PurgeResult:
    """Delete at most ``limit`` rows of each kind, and all old jobs.

    These are sent events after 7 days, idempotency keys after 24 hours, revoked tokens five minutes after they expired,
    handled messages and finished notifications after 90 days, finished bulk changes 30 days after their creation, and
    finished placements, exports and imports after 24 hours, with their files. Finished webhook deliveries, and those to
    disabled endpoints, are deleted after 30 days.

    A kind that fails, such as by a statement that takes too long, does not keep the others from being deleted.

    Raises:
        StoreUnavailable: every kind failed.
    """
    now = clock()
    counts, errors = _deleted(
        {
            "events": lambda: outbox.prune(sent_before=now - SENT_EVENT_RETENTION, limit=limit),
            "keys": lambda: idempotency_keys.prune(stored_before=now - idempotency.RETENTION, limit=limit),
            "tokens": lambda: revoked_tokens.prune(expired_before=now - TOKEN_RETENTION, limit=limit),
            "messages": lambda: inbox.prune(recorded_before=now - MESSAGE_RETENTION, limit=limit),
            "jobs": lambda: (
                jobs.delete_finished(BulkStatusJob, created_before=now - JOB_RETENTION)
                + jobs.delete_finished(PlacementJob, created_before=now - placement.RETENTION)
                + jobs.delete_finished(ExportJob, created_before=now - files.RETENTION)
                + jobs.delete_finished(ImportJob, created_before=now - files.RETENTION)
            ),
            "notifications": lambda: notifications.prune(occurred_before=now - MESSAGE_RETENTION, limit=limit),
            "webhooks": lambda: webhook_queue.prune(created_before=now - DELIVERY_RETENTION, limit=limit),
        }
    )
    if not counts:
        raise next(iter(errors.values()))
    return PurgeResult(**counts, failed=tuple(errors))


def _deleted(prunes: Mapping[str, Callable[[], int]]) -> tuple[dict[str, int], dict[str, StoreUnavailable]]:
    """Return the number of rows that each kind has deleted, or its error."""
    counts, errors = dict[str, int](), dict[str, StoreUnavailable]()
    for kind, prune in prunes.items():
        try:
            counts[kind] = prune()
        except StoreUnavailable as error:
            errors[kind] = error
    return counts, errors
