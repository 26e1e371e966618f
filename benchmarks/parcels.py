"""An order of a thousand lines in a thousand parcels: ``python -m benchmarks.parcels DATABASE_URL``.

The database must be new, and is migrated. Each parcel has one line and a tracking number of its own, and is shipped by
the use case in its own transaction, under a key of its own.
"""

import gc
import sys
import time
from typing import Any
from uuid import uuid4

from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.sql import migrate
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.system import clock
from orders_adapters.system.ids import UuidSequence
from orders_domain import Actor, CustomItem, Money, Order, Origin, Role, use_cases
from orders_domain.model.idempotency import IdempotencyKey

PARCELS = 1_000
ADMIN = Actor(subject="ada", role=Role.ADMIN)


def main() -> None:
    """Print the seconds, and the CPU seconds of this process, of all parcels."""
    url, new_id = sys.argv[1], UuidSequence()
    migrate.upgrade(url)
    engine = engines.create(url)
    items = [CustomItem({"title": f"Book {n}", "quantity": 1, "unit_price_minor": 5}) for n in range(PARCELS)]
    total = Money(5 * PARCELS, "USD")
    order = Order.place(order_id=new_id(), origin=Origin.SHOP, items=items, total=total, by=ADMIN, at=clock.now())
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()
    gc.freeze()  # as a serving process does

    ports: dict[str, Any] = {"cache": NullOrderCache(), "clock": clock.now, "new_id": new_id}
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(1, PARCELS + 1):
        request = use_cases.ShipUnits(
            actor=ADMIN,
            order_id=order.id,
            lines={number: 1},
            carrier="DHL",
            tracking_number=f"JD{number:08}",
            idempotency_key=IdempotencyKey(subject="ada", scope="shop", key=str(uuid4()), fingerprint="f" * 64),
            with_shipments=False,
        )
        use_cases.ship_units(request, uow=SqlUnitOfWork(engine), **ports)
    sys.stdout.write(f"{time.perf_counter() - began:.2f} s, {time.process_time() - cpu:.2f} s of CPU\n")


if __name__ == "__main__":
    main()
