"""Process faults: SIGKILL, SIGSTOP and SIGTERM of the service's processes."""

import signal
from collections.abc import Callable, Sequence

from tests.support.servers.ephemeral import processes
from tests.torture.faults.fault import Fault, Scene
from tests.torture.service import Supervised


def kill_worker(scene: Scene) -> None:
    """The server restarts the worker."""
    if workers := scene.service.web.children:
        processes.signal_all([scene.chance.choice(workers)], signal.SIGKILL)


def freeze_worker(scene: Scene) -> Callable[[], object] | None:
    if not (workers := scene.service.web.children):
        return None
    victim = [scene.chance.choice(workers)]
    processes.signal_all(victim, signal.SIGSTOP)
    return lambda: processes.signal_all(victim, signal.SIGCONT)


def kill_service(scene: Scene) -> None:
    scene.service.web.kill()


def kill_server(scene: Scene) -> None:
    """The workers are not killed; they exit by themselves."""
    scene.service.web.signal(signal.SIGKILL, alone=True)


def restart_service(scene: Scene) -> None:
    """A regular deployment."""
    scene.service.web.signal(signal.SIGTERM, alone=True)


def freeze_service(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.service.web)


def kill_relay(scene: Scene) -> None:
    scene.chance.choice(scene.service.relays).kill()


def freeze_relay(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.chance.choice(scene.service.relays))


def kill_consumer(scene: Scene) -> None:
    scene.chance.choice(scene.service.consumers).kill()


def freeze_consumer(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.chance.choice(scene.service.consumers))


def kill_deliverer(scene: Scene) -> None:
    scene.chance.choice(scene.service.deliverers).kill()


def freeze_deliverer(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.chance.choice(scene.service.deliverers))


def restart_deliverer(scene: Scene) -> None:
    scene.chance.choice(scene.service.deliverers).signal(signal.SIGTERM, alone=True)


def kill_payments(scene: Scene) -> None:
    scene.chance.choice(scene.service.payments).kill()


def freeze_payments(scene: Scene) -> Callable[[], object]:
    return _freeze(scene.chance.choice(scene.service.payments))


def _freeze(process: Supervised) -> Callable[[], object]:
    process.signal(signal.SIGSTOP)
    return lambda: process.signal(signal.SIGCONT)


FAULTS: Sequence[Fault] = (
    Fault(name="worker killed", strike=kill_worker),
    Fault(name="worker frozen", strike=freeze_worker),
    Fault(name="service killed", strike=kill_service, seconds=(2, 3)),
    Fault(name="server killed", strike=kill_server, seconds=(2, 3)),
    Fault(name="service restarted", strike=restart_service, seconds=(2, 3)),
    Fault(name="service frozen", strike=freeze_service),
    Fault(name="relay killed", strike=kill_relay),
    Fault(name="relay frozen", strike=freeze_relay),
    Fault(name="consumer killed", strike=kill_consumer),
    Fault(name="consumer frozen", strike=freeze_consumer),
    Fault(name="deliverer killed", strike=kill_deliverer, integrations=True),
    Fault(name="deliverer frozen", strike=freeze_deliverer, integrations=True),
    Fault(name="deliverer restarted", strike=restart_deliverer, integrations=True),
    Fault(name="payment consumer killed", strike=kill_payments, integrations=True),
    Fault(name="payment consumer frozen", strike=freeze_payments, integrations=True),
)
