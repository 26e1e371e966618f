"""Jobs: work that a worker does after the response to the request."""

from orders_domain.model.jobs.bulk_status import MAX_ORDERS, BulkStatusJob, Failure
from orders_domain.model.jobs.files import (
    ExportJob,
    FileFormat,
    FileJob,
    FileNotReady,
    FilePart,
    ImportJob,
    TooManyFileJobs,
)
from orders_domain.model.jobs.job import Job, JobStatus
from orders_domain.model.jobs.placement import DeferredAnswer, DeferredRequest, PlacementJob

__all__ = [
    "MAX_ORDERS",
    "BulkStatusJob",
    "DeferredAnswer",
    "DeferredRequest",
    "ExportJob",
    "Failure",
    "FileFormat",
    "FileJob",
    "FileNotReady",
    "FilePart",
    "ImportJob",
    "Job",
    "JobStatus",
    "PlacementJob",
    "TooManyFileJobs",
]
