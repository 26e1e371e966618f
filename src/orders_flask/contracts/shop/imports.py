"""Routes of imports: the products of a file are added or changed by a job."""

import hashlib
from functools import partial
from typing import Any

from flask import Response, g

from orders_domain.use_cases import StartImport
from orders_domain.use_cases.background.start_file_job import IMPORTS
from orders_flask.contracts.shop import file_jobs
from orders_flask.contracts.shop.responses import documented, required_key
from orders_flask.web.authentication import requires
from orders_flask.web.background.file_transfer import file_response, sent_file, sent_format
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases

_CSV = "sku,name,price,stock_quantity\nTEA-1,Tea,3.50,7\nCUP-1,Cup,5.00,4\n"
_JSON_LINES = '{"sku": "TEA-1", "name": "Tea", "price": 3.5, "stock_quantity": 7}\n'
_FILE = {
    "required": True,
    "description": "Products, one a line; the columns are those of `orders products import`.",
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": _CSV},
        "application/x-ndjson": {"schema": {"type": "string"}, "example": _JSON_LINES},
    },
}


def register(routes: ContractBlueprint) -> None:
    _add_start(routes)

    @routes.get("/imports/<job_id>")
    @routes.response(200, file_jobs.ShopImport)
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="get_import",
            summary="Get the progress of an own import",
            description="An import has ended if its status is done or failed.",
            not_found=file_jobs.NOT_FOUND,
        )
    )  # fmt: skip
    def get_import(job_id: str) -> Response:
        job = use_cases().get_import(file_jobs.named(job_id))
        return file_jobs.polled(job, file_jobs.import_members(job))

    @routes.get("/imports/<job_id>/refused-lines")
    @routes.doc(
        **file_jobs.documented_file(
            use_case="read_refused_lines",
            summary="Read the lines that a finished import refused",
            description="The number, the reason and the text of each of the first 10,000, in the format that was sent.",
        )
    )
    def read_refused_lines(job_id: str) -> Response:
        file = use_cases().read_refused_lines(file_jobs.named(job_id))
        return file_response(file, name=f"refused-{file.job.created_at:%Y%m%d-%H%M%S}")


def _add_start(routes: ContractBlueprint) -> None:
    documentation = file_jobs.documented_start(
        file_jobs.ShopImport,
        *(400, 401, 403, 413, 415, 422, 503),
        use_case="start_import",
        summary="Import products from a file (administrators)",
        description="A job adds the products, or changes those whose sku exists, as `orders products import` does. "
        "A line that is not valid is refused by itself.",
    )
    documentation["responses"]["413"]["description"] = "The file is larger than IMPORT_MAX_BYTES."
    documentation["responses"]["415"]["description"] = "The file is neither text/csv nor application/x-ndjson."
    documentation["responses"]["422"]["description"] = (
        "The file is empty, or its header or encoding is not valid; or its Idempotency-Key was used for another file."
    )

    @routes.post("/imports/")
    @requires(IMPORTS)
    @routes.arguments(file_jobs.ShopImportQuery, location="query")
    @routes.doc(requestBody=_FILE, **documentation)
    def start_import(query: dict[str, Any]) -> Response:
        file_format, content = sent_format(), sent_file()
        g.body = {"sha256": hashlib.sha256(content).hexdigest(), "format": file_format.value, **query}
        request = StartImport(
            actor=actor(),
            content=content,
            file_format=file_format,
            dry_run=query["dry_run"] == "true",
            idempotency_key=required_key(),
        )
        start = partial(use_cases().start_import, request)
        return file_jobs.accepted(start, file_jobs.import_members, to=".get_import")
