"""The store of orders in this process's memory."""

from __future__ import annotations

from orders_adapters.memory.analytics import Analytics
from orders_adapters.memory.email_lookup import Addresses
from orders_adapters.memory.idempotency_keys import KeptKeys
from orders_adapters.memory.inbox import NotedMessages
from orders_adapters.memory.jobs import Jobs
from orders_adapters.memory.order_queries import Queries
from orders_adapters.memory.order_templates import Templates
from orders_adapters.memory.outbox import Outbox
from orders_adapters.memory.product_catalog import Catalogue
from orders_adapters.memory.revoked_tokens import Denylist
from orders_adapters.memory.store import Store as Memory
from orders_adapters.memory.unit_of_work import UnitOfWork
from orders_adapters.memory.users import Users
from orders_adapters.memory.wakeup import Bell
from orders_flask.bootstrap.components import Store


def store() -> Store:
    bell, jobs_bell = Bell(), Bell()
    memory = Memory(on_commit=bell.ring, on_job=jobs_bell.ring)
    return Store(
        unit_of_work=lambda: UnitOfWork(memory),
        queries=Queries(memory),
        reads=Queries(memory),
        analytics=Analytics(memory),
        catalogue=Catalogue(memory),
        templates=Templates(memory),
        outbox=Outbox(memory),
        jobs=Jobs(memory),
        keys=KeptKeys(memory),
        inbox=NotedMessages(memory),
        addresses=Addresses(memory),
        users=Users(memory),
        denied=Denylist(memory),
        wait=bell.wait,
        wait_for_jobs=jobs_bell.wait,
    )
