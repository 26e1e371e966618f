"""Table of jobs."""

from enum import Enum

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from orders_adapters.sql.tables.column_types import UtcDateTime, enum_column
from orders_adapters.sql.tables.metadata import MAX_TRACEPARENT_LENGTH, literals, metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Role
from orders_domain.model.idempotency import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH
from orders_domain.model.jobs import FilePart, JobStatus
from orders_domain.model.order import MAX_REASON_LENGTH
from orders_domain.model.status import OrderStatus

UNFINISHED = literals(JobStatus.QUEUED, JobStatus.RUNNING)


class JobKind(Enum):
    BULK_STATUS = "bulk_status"
    PLACEMENT = "placement"
    EXPORT = "export"
    IMPORT = "import"


_keyed = text("client_key IS NOT NULL")

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", enum_column(JobKind, "kind"), nullable=False, server_default=JobKind.BULK_STATUS.value),
    Column("actor", String(MAX_SUBJECT_LENGTH), nullable=False),
    Column("role", enum_column(Role, "role"), nullable=False),
    Column("scopes", JSON, nullable=False, server_default="[]"),
    Column("request_id", Text),
    Column("traceparent", String(MAX_TRACEPARENT_LENGTH)),
    Column("order_ids", JSON(none_as_null=True)),  # numbers, and ids as strings
    Column("target_status", enum_column(OrderStatus, "target_status")),
    Column("equivalent_statuses", JSON(none_as_null=True)),  # orders with one of them are not changed
    Column("reason", String(MAX_REASON_LENGTH)),
    Column("request", JSON(none_as_null=True)),  # root, path and headers; the body has its own column, byte for byte
    Column("request_body", LargeBinary),
    Column("answer", JSON(none_as_null=True)),  # status, headers and order id
    Column("answer_body", LargeBinary),
    Column("file_options", JSON(none_as_null=True)),  # of an export or import
    Column("file_progress", JSON(none_as_null=True)),
    Column("key_scope", String(MAX_SCOPE_LENGTH)),
    Column("client_key", String(MAX_KEY_LENGTH)),
    Column("fingerprint", String(64)),
    Column("status", enum_column(JobStatus, "status"), nullable=False),
    Column("processed", Integer, nullable=False),
    Column("failures", JSON, nullable=False),  # [order, code, message, current status]
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime, nullable=False),
    CheckConstraint("processed >= 0", name="processed"),
    CheckConstraint(
        "(kind = 'bulk_status') = (order_ids IS NOT NULL) AND (kind = 'placement') = (request IS NOT NULL) "
        "AND (kind IN ('export', 'import')) = (file_options IS NOT NULL)",
        name="content",
    ),
    # One job for each key of a client, whichever process accepts the repeated request.
    Index(
        "uq_jobs_client_key",
        "actor",
        "key_scope",
        "client_key",
        unique=True,
        postgresql_where=_keyed,
        sqlite_where=_keyed,
    ),
)
_unfinished = jobs.c.status.in_(UNFINISHED)
Index("ix_jobs_due", jobs.c.leased_until, jobs.c.id, postgresql_where=_unfinished, sqlite_where=_unfinished)

job_chunks = Table(
    "job_chunks",
    metadata,
    Column("job_id", ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("part", enum_column(FilePart, "part"), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),  # the offset of the first byte in the file
    Column("content", LargeBinary, nullable=False),
)
"""The files of jobs, in pieces, so that no process holds a file in memory."""
