"""Table of large jobs."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column
from orders_adapters.sql.tables.metadata import MAX_TRACEPARENT_LENGTH, literals, metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Role
from orders_domain.model.job import JobStatus
from orders_domain.model.status import OrderStatus

UNFINISHED = literals(JobStatus.QUEUED, JobStatus.RUNNING)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("role", enum_column(Role, "role"), nullable=False),
    Column("request_id", Text),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("order_ids", JSON, nullable=False),  # numbers, and ids as strings
    Column("target_status", enum_column(OrderStatus, "target_status"), nullable=False),
    Column("equivalent_statuses", JSON, nullable=False),  # orders with one of them are not changed
    Column("status", enum_column(JobStatus, "status"), nullable=False),
    Column("processed", Integer, nullable=False),
    Column("failures", JSON, nullable=False),  # [order, code, message, current status]
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime, nullable=False),
    CheckConstraint("processed >= 0", name="processed"),
)
_unfinished = jobs.c.status.in_(UNFINISHED)
Index("ix_jobs_due", jobs.c.leased_until, jobs.c.id, postgresql_where=_unfinished, sqlite_where=_unfinished)
