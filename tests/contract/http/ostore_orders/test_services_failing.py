"""Failure matrix of the external services: no order is stored, no reservation or shipment remains."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.http.ostore_orders.client import error
from tests.contract.http.ostore_orders.services import MILK, STEPS, TEA, Elsewhere
from tests.support.servers.services import Misbehaviour

M = Misbehaviour


@pytest.mark.clause("003-03", "003-04")
@pytest.mark.parametrize("way", Misbehaviour, ids=lambda way: way.name)
@pytest.mark.parametrize("step", STEPS)
def test_failing_step_leaves_no_order_or_hold(
    elsewhere: Elsewhere, impatience: pytest.MonkeyPatch, step: str, way: Misbehaviour
) -> None:
    service, method = elsewhere.serving(step)
    service.late = 0.5
    service.misbehave[method] = way

    response = elsewhere.wants()

    error(response, 503)
    assert response.headers["Retry-After"]
    assert elsewhere.orders() == {}
    if way is M.HANG_AND_DO and method == "POST":
        service.catch_up()
        assert elsewhere.something_is_held()
    service.reset()
    impatience.undo()
    elsewhere.settle()
    assert elsewhere.require_consistent() == {}
    assert {product_id: product["quantity"] for product_id, product in elsewhere.catalogue.products.items()} == {
        TEA: 10,
        MILK: 5,
    }
    assert elsewhere.wants().status_code == 201
    assert len(elsewhere.require_consistent()) == 1


@pytest.mark.clause("003-04")
@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("way", [M.HANG, M.DROP, M.FAIL, M.NO_JSON, M.FLOOD], ids=lambda way: way.name)
def test_failed_compensation_is_retried_later(elsewhere: Elsewhere, way: Misbehaviour) -> None:
    elsewhere.catalogue.misbehave["DELETE"] = elsewhere.carrier.misbehave["POST"] = way

    error(elsewhere.wants(), 503)

    assert len(elsewhere.catalogue.reservations) == 1
    elsewhere.settle_while_they_fail()
    assert elsewhere.reservations() == ["releasing"]
    for service in (elsewhere.catalogue, elsewhere.carrier):
        service.reset()
    elsewhere.settle(after=timedelta(minutes=2))
    assert elsewhere.require_consistent() == {}


@pytest.mark.clause("003-04")
@pytest.mark.usefixtures("impatience")
def test_compensation_needs_no_worker(elsewhere: Elsewhere) -> None:
    elsewhere.carrier.misbehave["POST"] = M.FAIL

    error(elsewhere.wants(), 503)

    assert elsewhere.catalogue.reservations == {}
