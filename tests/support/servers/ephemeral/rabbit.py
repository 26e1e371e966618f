"""Ephemeral RabbitMQ: a node, and the name server (epmd) that Erlang requires."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.servers import rabbitmq
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import processes
from tests.support.servers.ephemeral.server import HOST, Throwaway, free_port

# The script behind /usr/sbin/rabbitmq-server comes first, because Debian's wrapper changes user and directories.
PLACES = ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/sbin")

COOKIE = ".erlang.cookie"  # the secret that the nodes of a cluster share

NEW_QUEUE_SECONDS = 3
"""Seconds after which the definition of a new queue survives `kill`, with its messages (decision 0026)."""


class ThrowawayRabbit(Throwaway):
    """RabbitMQ for guest on loopback; durable queues and persistent messages survive `kill`. Starts in 5 to 10 s,
    on a busy machine in 90 s."""

    patience = 240

    def __init__(self, *, joins: Self | None = None) -> None:
        """With ``joins`` the node joins the cluster of a running one at its first start."""
        super().__init__()
        self._joins = joins
        self._names_port: int = joins._names_port if joins else free_port()
        self._nodes_port = free_port()
        self._names: subprocess.Popen[bytes] | None = None

    @property
    def node(self) -> str:
        return f"orders-test-{self.port}@localhost"

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{HOST}:{self.port}/%2F"

    def prepare(self) -> None:
        self._program = _program("rabbitmq-server", *PLACES)
        epmd = _program("epmd", *map(str, Path("/usr/lib/erlang").glob("erts-*/bin")))
        lines = [f"listeners.tcp.1 = {HOST}:{self.port}", "disk_free_limit.absolute = 10MB"]
        (self.directory / "plugins").write_text("[].\n")
        if self._joins is not None:
            shutil.copy(self._joins.directory / COOKIE, self.directory / COOKIE)
            lines.append("cluster_formation.peer_discovery_backend = classic_config")
            peers = enumerate((self._joins.node, self.node), start=1)
            lines += [f"cluster_formation.classic_config.nodes.{number} = {node}" for number, node in peers]
        (self.directory / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        if self._joins is not None:
            return
        # Otherwise Erlang starts an epmd that outlives the node and that other nodes then depend on.
        self._names = subprocess.Popen(
            [epmd, "-port", str(self._names_port), "-address", HOST],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def command(self) -> Sequence[str]:
        return [self._program]

    def environment(self) -> Mapping[str, str]:
        here = str(self.directory)
        return {
            "HOME": here,  # the directory of the Erlang cookie
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": HOST,
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._nodes_port),
            "RABBITMQ_CONF_ENV_FILE": f"{here}/none",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{here}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{here}/data",
            "RABBITMQ_LOG_BASE": f"{here}/log",
            "RABBITMQ_PID_FILE": f"{here}/pid",
        }

    def version(self) -> str:
        return rabbitmq.version_at(self.url)

    def control(self, *words: str) -> str:
        """Run `rabbitmqctl <words>` for this node; return its output."""
        command = [_program("rabbitmqctl", *PLACES), "--node", self.node, "--quiet", *words]
        environment = os.environ | self.environment()
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout

    def __exit__(self, *error: object) -> None:
        super().__exit__(None, None, None)
        if self._names is not None:
            processes.kill(self._names)


def _program(name: str, *places: str) -> str:
    for place in places:
        if program := shutil.which(name, path=place):
            return program
    if program := shutil.which(name):
        return program
    raise Unavailable(f"{name} is not installed")
