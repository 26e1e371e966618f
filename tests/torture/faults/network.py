"""Network faults: the connection to each server is cut, silent, or slow."""

from collections.abc import Callable, Sequence

from tests.support.servers.proxy import Proxy
from tests.torture.faults.fault import Fault, Scene

PROXIES: Sequence[tuple[str, Callable[[Scene], Proxy]]] = (
    ("postgresql", lambda scene: scene.servers.postgres_proxy),
    ("redis", lambda scene: scene.servers.redis_proxy),
    ("rabbitmq", lambda scene: scene.servers.rabbit_proxy),
)


def _cut(proxy: Proxy, _: Scene) -> None:
    proxy.cut()


def _black_hole(proxy: Proxy, _: Scene) -> None:
    proxy.hang()


def _delay(proxy: Proxy, scene: Scene) -> None:
    proxy.delay(scene.chance.choice((0.02, 0.08, 0.15)))


def _fault(server: str, find: Callable[[Scene], Proxy], name: str, do: Callable[[Proxy, Scene], None]) -> Fault:
    def strike(scene: Scene) -> Callable[[], object]:
        proxy = find(scene)
        do(proxy, scene)
        return proxy.restore

    return Fault(name=f"network to {server} {name}", strike=strike)


FAULTS: Sequence[Fault] = tuple(
    _fault(server, find, name, do)
    for server, find in PROXIES
    for name, do in (("cut", _cut), ("silent", _black_hole), ("slow", _delay))
)
