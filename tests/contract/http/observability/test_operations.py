"""Operational routes: health, metrics and documentation, without a token."""

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.client import Caller, ask
from tests.support.service_stack import Stack

ANSWERS: dict[str, dict[str, Any]] = {
    "/": {"service": "orders", "status": "ok"},
    "/healthz": {"status": "ok"},
    "/readyz": {"status": "ready", "checks": {"database": "ok", "cache": "ok", "broker": "ok"}},
}


@pytest.mark.clause("002-26")
@pytest.mark.parametrize(("path", "body"), ANSWERS.items())
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense"])
def test_health_routes_respond_to_anyone(
    stack: Stack, path: str, body: dict[str, Any], authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    response = ask(stack.app, "GET", path, headers=headers)

    assert (response.status_code, response.mimetype, response.json) == (200, "application/json", body)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/"])
def test_public_routes_need_no_token(stack: Stack, path: str) -> None:
    assert ask(stack.app, "GET", path).status_code == 200


def test_metrics_count_by_route_and_status(stack: Stack, ann: Caller) -> None:
    def counted(**labels: str) -> float:
        text = ask(stack.app, "GET", "/metrics").text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return sum(
            sample.value for sample in samples
            if sample.name.endswith("_count") and labels.items() <= sample.labels.items()
        )  # fmt: skip

    before = counted(method="GET", status="404"), counted(method="POST", status="201")

    order = ann.place()
    ann.ask("GET", "/orders/7")
    ann.ask("GET", "/orders/8")

    after = counted(method="GET", status="404"), counted(method="POST", status="201")
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1]
    assert order["id"] not in ask(stack.app, "GET", "/metrics").text


def test_unknown_requests_add_no_metric_series(stack: Stack, ann: Caller) -> None:
    def series() -> int:
        return len(re.findall("^[^#]", ask(stack.app, "GET", "/metrics").text, re.MULTILINE))

    ann.ask("BREW", "/coffee")
    ann.ask("GET", "/coffee/0")
    series()  # the first scrape adds the series of its route
    before = series()

    for number in range(20):
        ann.ask(f"BREW{number}", f"/coffee/{number}")
        ann.ask("GET", f"/coffee/{number}")

    assert series() == before


@pytest.mark.parametrize("path", ["/", "/healthz", "/orders/none"])
def test_responses_forbid_type_sniffing(ann: Caller, path: str) -> None:
    assert ann.ask("GET", path).headers["X-Content-Type-Options"] == "nosniff"
