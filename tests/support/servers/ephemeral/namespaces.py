"""Ephemeral network of hosts: network namespaces on a bridge, each with an address of its own."""

import os
import secrets
import shutil
import subprocess
from contextlib import suppress
from typing import Self

from tests.support.servers.discovery import Unavailable

PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


class Hosts:
    """`with Hosts(3) as hosts: ...`: each host reaches this machine at `hosts.gateway`, and this machine each host.

    The addresses are from 198.18.0.0/15, the range for tests of networks.
    """

    def __init__(self, number: int) -> None:
        self._name = f"ord{secrets.token_hex(4)}"  # an interface's name has at most 15 characters
        subnet = f"198.{18 + secrets.randbelow(2)}.{secrets.randbelow(256)}"
        self.gateway = f"{subnet}.1"
        self.addresses = tuple(f"{subnet}.{11 + host}" for host in range(number))

    def command(self, host: int) -> list[str]:
        """The words before a command that shall run on the host."""
        return [self._ip, "netns", "exec", self._namespace(host)]

    def __enter__(self) -> Self:
        program = shutil.which("ip", path=PATH)
        if program is None:
            raise Unavailable("ip (iproute2) is not installed")
        if os.geteuid() != 0:
            raise Unavailable("only root may make them")
        self._ip = program
        try:
            self._run("link", "add", self._name, "type", "bridge")
            self._run("address", "add", f"{self.gateway}/24", "dev", self._name)
            self._run("link", "set", self._name, "up")
            for host in range(len(self.addresses)):
                self._connect(host)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for host in range(len(self.addresses)):
            for words in (("link", "delete", self._cable(host)), ("netns", "delete", self._namespace(host))):
                with suppress(Unavailable):  # it was not made
                    self._run(*words)
        with suppress(Unavailable):
            self._run("link", "delete", self._name)

    def _connect(self, host: int) -> None:
        namespace, cable = self._namespace(host), self._cable(host)
        self._run("netns", "add", namespace)
        self._run("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self._run("link", "set", cable, "master", self._name, "up")
        self._run("-n", namespace, "address", "add", f"{self.addresses[host]}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            self._run("-n", namespace, "link", "set", interface, "up")

    def _namespace(self, host: int) -> str:
        return f"{self._name}-{host}"

    def _cable(self, host: int) -> str:
        return f"{self._name}v{host}"

    def _run(self, *words: str) -> None:
        done = subprocess.run([self._ip, *words], capture_output=True, text=True, timeout=20)
        if done.returncode:
            raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")
