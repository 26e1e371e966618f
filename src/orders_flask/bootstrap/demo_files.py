"""An export and an import of the demonstration, whose files the documentation page reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import FileFormat, FileJob
from orders_domain.model.jobs.files import DuplicateFileJob, TooManyFileJobs
from orders_domain.model.order_filter import OrderFilter
from orders_domain.use_cases import StartExport, StartImport
from orders_flask.use_cases import UseCases

_ADMIN = Actor(subject="admin", role=Role.ADMIN)
_PRODUCTS = b"sku,name,price,stock_quantity\nTEA-1,,12.50,1\n"  # a line without a name is refused


def demo_file_parameters(use_cases: UseCases) -> Mapping[str, Mapping[str, str]]:
    """Start the jobs unless they exist, and return the parameters of the operations on them, by operationId.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    starts: Mapping[tuple[str, str], Callable[[], FileJob]] = {
        ("shop_get_export", "shop_read_export"): partial(use_cases.start_export, _export()),
        ("shop_get_import", "shop_read_refused_lines"): partial(use_cases.start_import, _import()),
    }
    found: dict[str, Mapping[str, str]] = {}
    for operations, start in starts.items():
        with suppress(TooManyFileJobs):
            job_id = str(_job_of(start).id)
            found |= {operation: {"job_id": job_id} for operation in operations}
    return found


def _job_of(start: Callable[[], FileJob]) -> FileJob:
    try:
        return start()
    except DuplicateFileJob as known:
        return known.job


def _export() -> StartExport:
    return StartExport(
        actor=_ADMIN,
        order_filter=OrderFilter(),
        view="orders",
        file_format=FileFormat.CSV,
        idempotency_key=_key("export"),
    )


def _import() -> StartImport:
    return StartImport(actor=_ADMIN, content=_PRODUCTS, file_format=FileFormat.CSV, idempotency_key=_key("import"))


def _key(name: str) -> IdempotencyKey:
    return IdempotencyKey(subject=_ADMIN.subject, scope="demonstration", key=name, fingerprint=name)
