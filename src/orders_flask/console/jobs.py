"""Page of a bulk action: its progress, and the orders that it could not change."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from orders_domain.model.jobs.job import JobStatus
from orders_domain.use_cases import GetJob
from orders_flask.console.pages import page
from orders_flask.web.context import actor, use_cases

ENDED = (JobStatus.DONE, JobStatus.FAILED)


def register(console: Blueprint) -> None:
    console.get("/jobs/<uuid:job_id>")(job)


def job(job_id: UUID) -> Response:
    found = use_cases().get_job(GetJob(actor=actor(), job_id=job_id))
    return page("job.html", job=found, has_ended=found.status in ENDED)
