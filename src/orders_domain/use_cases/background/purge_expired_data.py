"""Use case: purge expired data."""

from dataclasses import astuple, dataclass
from datetime import timedelta

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
    """The number of rows deleted."""

    events: int = 0
    keys: int = 0
    tokens: int = 0
    messages: int = 0
    jobs: int = 0
    notifications: int = 0
    webhooks: int = 0

    def __add__(self, other: "PurgeResult") -> "PurgeResult":
        return PurgeResult(*map(sum, zip(astuple(self), astuple(other), strict=True)))


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

    It returns ``PurgeResult()`` if nothing is left to delete.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    now = clock()
    return PurgeResult(
        events=outbox.prune(sent_before=now - SENT_EVENT_RETENTION, limit=limit),
        keys=idempotency_keys.prune(stored_before=now - idempotency.RETENTION, limit=limit),
        tokens=revoked_tokens.prune(expired_before=now - TOKEN_RETENTION, limit=limit),
        messages=inbox.prune(recorded_before=now - MESSAGE_RETENTION, limit=limit),
        jobs=jobs.delete_finished(BulkStatusJob, created_before=now - JOB_RETENTION)
        + jobs.delete_finished(PlacementJob, created_before=now - placement.RETENTION)
        + jobs.delete_finished(ExportJob, created_before=now - files.RETENTION)
        + jobs.delete_finished(ImportJob, created_before=now - files.RETENTION),
        notifications=notifications.prune(occurred_before=now - MESSAGE_RETENTION, limit=limit),
        webhooks=webhook_queue.prune(created_before=now - DELIVERY_RETENTION, limit=limit),
    )
