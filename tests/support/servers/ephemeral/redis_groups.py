"""Ephemeral groups of Redis servers: a master with its replica and three Sentinels, and a cluster of six."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Self

import redis

from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.redis import ThrowawayRedis
from tests.support.servers.ephemeral.server import HOST, free_port

SERVICE = "orders"
DOWN_AFTER = 1.0  # seconds after which Sentinels and nodes count a silent server as down; the defaults are 30 and 15
SETTLED = 30.0  # seconds in which a group must be ready
SLOTS = 16_384
MEMBERS = 6  # of the cluster


class Member(ThrowawayRedis):
    """A Redis without persistence, as operations.md says, which is a replica if another server is given."""

    def __init__(self, *options: str) -> None:
        super().__init__()
        self._options = options

    def command(self) -> Sequence[str]:
        where = ["--port", str(self.port), "--bind", HOST, "--dir", str(self.directory)]
        return [str(self._program), *where, "--save", "", "--appendonly", "no", *self._options]

    @contextmanager
    def client(self) -> Iterator[Any]:
        with redis.Redis(HOST, self.port, decode_responses=True, protocol=2, socket_timeout=5) as client:
            yield client

    def sever(self, replica: "Member") -> None:
        """End the replication, so that the replica misses every later write."""
        with self.client() as client, replica.client() as other:
            other.config_set("masterauth", "wrong")
            other.config_set("masteruser", "nobody")
            client.client_kill_filter(_type="replica")
            _within(SETTLED, lambda: client.role()[2] == [], "a master without replicas")

    def role(self) -> str:
        """Return `master`, `slave`, or nothing if the server does not respond."""
        try:
            with self.client() as client:
                return str(client.role()[0])
        except (redis.RedisError, OSError):
            return ""


class Sentinel(Member):
    def __init__(self, master: int, *, quorum: int) -> None:
        super().__init__()
        self._master, self._quorum = master, quorum

    def prepare(self) -> None:
        super().prepare()
        milliseconds = int(DOWN_AFTER * 1_000)
        lines = (
            f"port {self.port}",
            f"bind {HOST}",
            f"dir {self.directory}",
            f"sentinel monitor {SERVICE} {HOST} {self._master} {self._quorum}",
            f"sentinel down-after-milliseconds {SERVICE} {milliseconds}",
            f"sentinel failover-timeout {SERVICE} {3 * milliseconds}",
        )
        (self.directory / "sentinel.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> Sequence[str]:
        return [str(self._program), str(self.directory / "sentinel.conf"), "--sentinel"]


class Group:
    """Servers that are started and removed together."""

    members: Sequence[Member] = ()

    @property
    def url(self) -> str:
        """The address of the group."""
        raise NotImplementedError

    def settle(self) -> None:
        """Return when the group is complete and ready for a failover."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        raise NotImplementedError

    @property
    def masters(self) -> Sequence[Member]:
        """The members that are masters now."""
        return [member for member in self.members if member.role() == "master"]

    def home(self, pattern: str) -> Member:
        """Return the master of the first key that is found."""
        for member in self.masters:
            with member.client() as client:
                if next(client.scan_iter(pattern, count=1_000), None):
                    return member
        raise LookupError(pattern)

    def replica_of(self, master: Member) -> Member:
        """Return the member that replicates the master now."""
        for member in self.members:
            if member.role() == "slave":
                with member.client() as client:
                    if client.role()[2] == master.port:
                        return member
        raise LookupError(master.port)

    def scan(self, pattern: str) -> Iterator[tuple[Any, str]]:
        """Yield each key of the masters, with a client of its server."""
        for member in self.masters:
            with member.client() as client:
                for key in client.scan_iter(pattern, count=1_000):
                    yield client, key


class SentinelGroup(Group):
    """A master, its replica and three Sentinels; or fewer."""

    def __init__(self, *, replicas: int = 1, sentinels: int = 3) -> None:
        self._counts = replicas, sentinels

    def _start(self, stack: ExitStack) -> None:
        replicas, sentinels = self._counts
        master = stack.enter_context(Member())
        options = ("--replicaof", f"{HOST} {master.port}", "--repl-diskless-sync-delay", "0")
        self.members = (master, *(stack.enter_context(Member(*options)) for _ in range(replicas)))
        quorum = sentinels // 2 + 1
        self.sentinels = tuple(stack.enter_context(Sentinel(master.port, quorum=quorum)) for _ in range(sentinels))
        self.settle()

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    def settle(self) -> None:
        """Return when each Sentinel knows the replica and the two other Sentinels, and the replica is in sync."""
        for sentinel in self.sentinels:
            with sentinel.client() as client:
                _within(SETTLED, partial(_complete, client, *self._counts), "Sentinel")
        (master,) = self.masters
        if not self._counts[0]:
            return
        with master.client() as client:
            _within(SETTLED, partial(_replicated, client), "the replica")


class ClusterGroup(Group):
    """Three masters, each with a replica."""

    def _start(self, stack: ExitStack) -> None:
        self.members = tuple(
            stack.enter_context(
                Member(
                    *("--cluster-enabled", "yes", "--cluster-port", str(free_port())),
                    *("--cluster-node-timeout", str(int(DOWN_AFTER * 1_000)), "--cluster-require-full-coverage", "no"),
                    *("--repl-diskless-sync-delay", "0"),
                )
            )
            for _ in range(MEMBERS)
        )
        bounds = [0, SLOTS // 3, 2 * SLOTS // 3, SLOTS]
        for number, member in enumerate(self.members):
            with member.client() as client:
                _raw(client, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                if number < 3:
                    _raw(client, "CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
                if number:
                    first = self.members[0]
                    bus = int(first._options[3])
                    _raw(client, "CLUSTER", "MEET", HOST, first.port, bus)
        for member in self.members:
            with member.client() as client:
                _within(SETTLED, partial(_acquainted, client), "the cluster")
        for master, replica in zip(self.members[:3], self.members[3:], strict=True):
            with master.client() as client, replica.client() as other:
                name = _raw(client, "CLUSTER", "MYID")
                _raw(other, "CLUSTER", "REPLICATE", name)
        self.settle()

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{HOST}:{member.port}" for member in self.members)

    def settle(self) -> None:
        """Return when each node knows three masters and three replicas in sync, and serves."""
        for member in self.members:
            with member.client() as client:
                _within(SETTLED, partial(_serves, client), "the cluster")
        for master in self.masters:
            with master.client() as client:
                _within(SETTLED, partial(_replicated, client), "a replica")


def _raw(client: Any, *command: str | int) -> Any:
    """Send a command and return the reply as it is."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return connection.read_response()
    finally:
        client.connection_pool.release(connection)


def _complete(client: Any, replicas: int, sentinels: int) -> bool:
    state = client.sentinel_master(SERVICE)
    known = (state["num-slaves"], state["num-other-sentinels"] + 1)
    return known == (replicas, sentinels) and not state["is_sdown"]


def _acquainted(client: Any) -> bool:
    lines = _raw(client, "CLUSTER", "NODES").splitlines()
    return sum("handshake" not in line and " connected" in line for line in lines) == MEMBERS


def _replicated(client: Any) -> bool:
    return "state=online" in _raw(client, "INFO", "replication")


def _serves(client: Any) -> bool:
    nodes = _raw(client, "CLUSTER", "NODES")
    healthy = sum("fail" not in line and "slave" in line for line in nodes.splitlines())
    return healthy == 3 and "cluster_state:ok" in _raw(client, "CLUSTER", "INFO")


def _within(seconds: float, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} is not ready after {seconds} s")
        time.sleep(0.02)
