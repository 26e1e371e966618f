"""Use case: end expired stock holds."""

from uuid import UUID

from orders_domain.errors import StoreContention, StoreUnavailable
from orders_domain.model.life.stock_hold import StockHoldNotFound
from orders_domain.ports.clock import Clock
from orders_domain.ports.life.stock_holds import StockHoldQueries
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.background.expire_orders import EXPIRY, ExpiryResult


def expire_stock_holds(
    *, stock_holds: StockHoldQueries, uow: UnitOfWork, clock: Clock, limit: int = 100
) -> ExpiryResult:
    """End at most ``limit`` stock holds whose time has come, and give their units back to stock.

    Each is examined again under its lock, so that an order or another process precedes or follows, and never both. Any
    number of processes may do this at once. An error of one hold does not stop the others.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    expired: list[UUID] = []
    left: list[UUID] = []
    failures: list[Exception] = []
    for hold_id in stock_holds.due(before=clock(), limit=limit):
        try:
            with uow:
                hold = uow.stock_holds.get_for_update(hold_id)
                now = clock()
                if hold.expires_at > now:
                    left.append(hold_id)
                    continue
                uow.stock_holds.end([hold], by=EXPIRY, at=now)
                uow.commit()
        except (StockHoldNotFound, StoreContention):
            left.append(hold_id)
            continue
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other holds
            failures.append(error)
            continue
        expired.append(hold_id)
    return ExpiryResult(tuple(expired), tuple(left), tuple(failures))
