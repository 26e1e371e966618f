"""Adapters declare the port that they implement, and they live in ``orders_adapters``."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, Protocol

import orders_adapters
import orders_domain.ports
import orders_flask
from orders_domain.model.events import Event
from orders_domain.ports.outbox import OutboxMessage

PORTS = orders_domain.ports
ENTRY_POINTS = {f"orders_flask.{name}" for name in ("__main__", "asgi", "celery_app", "wsgi")}  # imported, they start


def classes_of(package: ModuleType) -> Iterator[type]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name not in ENTRY_POINTS:
            module = importlib.import_module(found.name)
            yield from (
                each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == found.name
            )


def is_port(each: type) -> bool:
    return bool(getattr(each, "_is_protocol", False)) and each.__module__.startswith(PORTS.__name__)


def members(each: type) -> Mapping[str, Sequence[str] | None]:
    """The parameters of each public method and whether it returns something, and None for each public attribute."""
    names = {name for base in each.__mro__[:-1] if base is not Protocol for name in attributes(base)}
    return {name: parameters(getattr(each, name, None)) for name in names if name == "__call__" or name[0] != "_"}


def attributes(each: type) -> set[str]:
    """The names in the body of the class, and those that its ``__init__`` assigns."""
    names = set(vars(each)) | set(inspect.get_annotations(each))
    initialize = vars(each).get("__init__")
    if inspect.isfunction(initialize) and not is_dataclass(each):
        tree = ast.parse(textwrap.dedent(inspect.getsource(initialize)))
        stored = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
        names |= {node.attr for node in stored if isinstance(node.ctx, ast.Store)}
    return names


def parameters(member: object) -> Sequence[str] | None:
    if not inspect.isfunction(member):
        return None
    signature = inspect.signature(member)
    return [*signature.parameters, *([] if signature.return_annotation in {None, "None"} else ["return"])]


PROTOCOLS = {each: members(each) for each in classes_of(PORTS) if is_port(each)}


def declared(each: type) -> set[str]:
    """The members of the ports that the class declares."""
    return {name for port, names in PROTOCOLS.items() if port in each.__mro__ for name in names}


def undeclared_ports(each: type) -> set[str]:
    """The ports that the class implements without declaring them, or another port with the same members."""
    own = members(each)
    return {
        port.__name__
        for port, names in PROTOCOLS.items()
        if names.items() <= own.items() and not names.keys() <= declared(each)
    }


def test_every_adapter_declares_its_port() -> None:
    undeclared = {each.__qualname__: ports for each in classes_of(orders_adapters) if (ports := undeclared_ports(each))}

    assert undeclared == {}


def test_no_adapter_lives_in_the_flask_layer() -> None:
    adapters = [each for each in classes_of(orders_flask) if any(port in each.__mro__ for port in PROTOCOLS)]

    assert adapters == []
    assert not [each for each in classes_of(orders_flask) if undeclared_ports(each)]


def test_undeclared_adapters_are_found() -> None:
    class Publisher:
        def publish(self, events: Sequence[Event]) -> Sequence[str | None]:
            return [None for _ in events]

    class Claim:
        def __init__(self, messages: Sequence[OutboxMessage]) -> None:
            self.messages = messages

        def set_state(
            self, event_id: Any, *, state: Any, due_at: Any, attempts: int, last_error: str | None = None
        ) -> None:
            """Do nothing."""

    class Letters:
        def publish(self, text: str) -> None:
            """Do something else."""

    assert undeclared_ports(Publisher) == {"EventPublisher"}
    assert undeclared_ports(Claim) == {"ShardClaim"}
    assert undeclared_ports(Letters) == set()
