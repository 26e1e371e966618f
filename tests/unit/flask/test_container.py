"""Container: every use case is bound to its ports by name."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from orders_domain import use_cases
from orders_domain.use_cases import webhooks
from orders_flask import Settings, bootstrap
from orders_flask.bootstrap.container import Container
from tests.support.cases import each_case

EXPORTED = {name: getattr(package, name) for package in (use_cases, webhooks) for name in package.__all__}
FUNCTIONS = {name: function for name, function in EXPORTED.items() if inspect.isfunction(function)}


def required_ports(function: Callable[..., Any]) -> set[str]:
    """The ports: keyword parameters without a default."""
    return {
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
    }


def may_have(function: Callable[..., Any]) -> set[str]:
    signature = inspect.signature(function)
    return {
        name for name, parameter in signature.parameters.items() if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def bound() -> dict[str, providers.Callable[Any]]:
    """The providers of use cases, by name."""
    return {
        name: provider
        for name, provider in Container.providers.items()
        if isinstance(provider, providers.Callable) and use_case(provider) in FUNCTIONS.values()
    }


def use_case(provider: providers.Callable[Any]) -> Callable[..., Any]:
    """The use case function, without the decorator that retries it."""
    assert provider.provides
    function: Callable[..., Any] = inspect.unwrap(provider.provides)
    return function


def test_every_use_case_has_a_provider() -> None:
    assert {name: use_case(provider) for name, provider in bound().items()} == FUNCTIONS


@each_case("name", FUNCTIONS)
def test_use_case_gets_exactly_its_ports(name: str) -> None:
    keywords = set(bound()[name].kwargs) - {"metrics"}  # metrics belong to the instrumentation of the use case

    assert required_ports(FUNCTIONS[name]) <= keywords <= may_have(FUNCTIONS[name])
    assert not bound()[name].args


@each_case("name", FUNCTIONS)
def test_port_is_bound_to_its_component(name: str) -> None:
    container = Container(settings=Settings(database_url="memory://"))
    store = container.store()
    expected = {
        "analytics": store.analytics,
        "product_catalog": store.product_catalog,
        "templates": store.templates,
        "outbox": store.outbox,
        "stock_holds": store.stock_holds,
        "cache": container.order_cache(),
        "metrics": container.metrics(),
        "publisher": container.broker().publisher,
        "catalog_service": container.remote_services().catalog_service,
        "shipment_service": container.remote_services().shipment_service,
        "clock": container.clock(),
        "new_id": container.new_id(),
    }

    for port, provider in getattr(container, name).kwargs.items():
        given = provider() if isinstance(provider, providers.Provider) else provider
        if port == "uow":
            assert type(given) is type(store.unit_of_work())
        elif port == "queries":
            # A replica may lag: what it returns is neither cached nor the base of a write.
            may_be_behind = not {"cache", "uow"} & required_ports(FUNCTIONS[name])
            assert given in ([store.queries, store.replica_queries] if may_be_behind else [store.queries])
        elif port in expected:
            assert given is expected[port], port


def test_each_request_gets_a_unit_of_work() -> None:
    container = Container(settings=Settings(database_url="memory://"))

    assert container.uow() is not container.uow()
    assert container.queries() is container.queries()


def test_containers_share_no_components() -> None:
    first, second = (Container(settings=Settings(database_url="memory://")) for _ in range(2))

    for part in ("store", "cache", "broker", "token_verifier", "metrics", "new_id"):
        assert getattr(first, part)() is getattr(first, part)()
        assert getattr(first, part)() is not getattr(second, part)()


def test_new_container_creates_no_component(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object, **__: object) -> Iterator[None]:
        raise AssertionError("made too early: before a fork, say")

    for part in ("store", "cache", "broker", "token_verifier", "services"):
        monkeypatch.setattr(bootstrap, part, unwanted)

    Container(settings=Settings())


def test_settings_of_wrong_type_are_rejected() -> None:
    with pytest.raises(Exception, match="settings"):
        Container(settings={"database_url": "memory://"}).settings()


def test_no_lazy_name_is_a_module() -> None:
    """An import of such a module would bind the name to the module."""
    directory = Path(bootstrap.__file__).parent

    assert [name for name in bootstrap._MODULES if {*directory.glob(name), *directory.glob(f"{name}.py")}] == []
