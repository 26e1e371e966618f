"""Use cases of the life of orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dependency_injector import providers

from orders_adapters.sql.retry import retry_on_contention
from orders_domain import use_cases
from orders_domain.model.life.stock_hold import StockHold, StockHoldPage
from orders_domain.model.order import Order
from orders_flask.bootstrap.container.components import Components
from orders_flask.observability.instrumentation import instrumented


def _change(use_case: Callable[..., Order], **ports: Any) -> providers.Callable[Order]:
    changed: Any = instrumented(retry_on_contention(use_case))
    return providers.Callable(
        changed,
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
        **ports,
    )


class LifeUseCases(Components):
    place_shop_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_shop_order)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        limits=Components.content_limits,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    get_order_at: providers.Callable[Order] = providers.Callable(
        instrumented(use_cases.get_order_at), metrics=Components.metrics, queries=Components.queries
    )
    confirm_order = _change(use_cases.confirm_order)
    cancel_units = _change(use_cases.cancel_units)
    hold_order = _change(use_cases.hold_order)
    release_order = _change(use_cases.release_order)
    annotate_order = _change(use_cases.annotate_order)
    record_payment = _change(use_cases.record_payment, new_id=Components.new_id)
    request_refund = _change(use_cases.request_refund, new_id=Components.new_id)
    retry_refund = _change(use_cases.retry_refund)
    ship_units = _change(use_cases.ship_units, new_id=Components.new_id)
    record_shipment_event = _change(use_cases.record_shipment_event)
    authorize_return = _change(use_cases.authorize_return, new_id=Components.new_id)
    receive_return = _change(use_cases.receive_return)
    refuse_return = _change(use_cases.refuse_return)
    hold_stock: providers.Callable[StockHold] = providers.Callable(
        instrumented(retry_on_contention(use_cases.hold_stock)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    get_stock_hold: providers.Callable[StockHold] = providers.Callable(
        instrumented(use_cases.get_stock_hold), metrics=Components.metrics, stock_holds=Components.stock_holds
    )
    list_stock_holds: providers.Callable[StockHoldPage] = providers.Callable(
        instrumented(use_cases.list_stock_holds), metrics=Components.metrics, stock_holds=Components.stock_holds
    )
    end_stock_hold: providers.Callable[None] = providers.Callable(
        instrumented(retry_on_contention(use_cases.end_stock_hold)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.store_clock,
    )
