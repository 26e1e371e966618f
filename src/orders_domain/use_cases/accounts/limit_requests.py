"""Use case: limit the requests of a subject or an address."""

from dataclasses import dataclass

from orders_domain.errors import TooManyAttempts, TooManyRequests
from orders_domain.ports.accounts.rate_limiter import RateLimit, RateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRequests:
    """A request of ``sender``: the subject of a verified token, or a network address."""

    sender: str
    limit: RateLimit


def limit_requests(request: LimitRequests, *, rate_limiter: RateLimiter) -> None:
    """Count a request of the sender.

    Raises:
        TooManyRequests: the sender has exceeded the limit.
    """
    try:
        rate_limiter.hit(f"requests of {request.sender}", limit=request.limit)
    except TooManyAttempts as error:
        raise TooManyRequests(retry_after=error.retry_after) from error
