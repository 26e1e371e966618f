"""Strangers: hundreds of connections that stop halfway, while the service serves its customers."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from tests.support.strangers import KINDS, many, sent_by
from tests.torture.faults.fault import Fault, Scene

CONNECTIONS = 200


def _fault(kind: str) -> Fault:
    def strike(scene: Scene) -> Callable[[], object]:
        connections = ExitStack()
        with suppress(OSError):  # the service may be killed meanwhile
            connections.enter_context(many(scene.service.port, sent_by(kind), count=CONNECTIONS))
        return connections.close

    return Fault(name=f"strangers: {kind}", strike=strike)


FAULTS: Sequence[Fault] = tuple(_fault(kind) for kind in KINDS)
