"""Translation of bulk results and jobs to this contract's representations."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.jobs import BulkStatusJob, Failure
from orders_domain.model.status import TRANSITIONS, InvalidTransition
from orders_flask.contracts.management.errors import sentence


def outcome_representation(job: BulkStatusJob) -> Mapping[str, Any]:
    return {
        "updated": job.updated,
        "failed": [{"order_id": failure.order_id, "error": _reason(failure, job)} for failure in job.failed],
    }


def job_representation(job: BulkStatusJob) -> Mapping[str, Any]:
    return {
        **outcome_representation(job),
        "job_id": job.id,
        "status": job.status.value,
        "done": job.processed,
        "total": len(job.order_ids),
    }


def _reason(failure: Failure, job: BulkStatusJob) -> str:
    if failure.current is None:
        return failure.sentence
    return sentence(InvalidTransition(failure.current, job.target.status, TRANSITIONS[failure.current]))
