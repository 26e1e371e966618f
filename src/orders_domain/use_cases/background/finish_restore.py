"""Use case: finish the restore of a store from a backup."""

from dataclasses import dataclass

from orders_domain.errors import InvalidValue
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.accounts.auth_token import EVERY_TOKEN, issued_before
from orders_domain.ports.accounts.revoked_tokens import RevokedTokens
from orders_domain.ports.clock import Clock
from orders_domain.ports.store_identity import StoreIdentity

MAX_GAP = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRestore:
    """``gap`` must be more than the number of orders that may have been lost."""

    actor: Actor
    gap: int = 10_000


def finish_restore(
    request: FinishRestore, *, store_identity: StoreIdentity, revoked_tokens: RevokedTokens, clock: Clock
) -> int:
    """Prevent that the store is taken for the one that was lost; return the least number of the next order.

    Numbers of lost orders are not given again, caches of the lost store are not used, and all tokens that were issued
    before are revoked, because some of them may have been revoked after the backup.

    Raises:
        InvalidValue: the gap is not a whole number from 1 to 1,000,000,000.
        AccessDenied: the actor is not an administrator.
        StoreUnavailable: the store is unavailable; the use case must be repeated.
    """
    ADMIN_ONLY.authorize(request.actor)
    if type(request.gap) is not int or not 1 <= request.gap <= MAX_GAP:
        raise InvalidValue(f"The gap must be a whole number from 1 to {MAX_GAP:,}.", field="gap")
    number = store_identity.renew(gap=request.gap)
    revoked_tokens.revoke({EVERY_TOKEN: issued_before(clock())})
    return number
