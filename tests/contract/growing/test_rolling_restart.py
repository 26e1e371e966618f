"""Three hosts behind nginx as the documentation configures it: restarted in turn, and killed, under load."""

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contract.faults.broker_probe import bound_queue, received_events, require_published
from tests.contract.faults.load import Answer, Customer, Gone, in_threads
from tests.contract.faults.service import Process, Service, Web, shop_of, within
from tests.support.process_pool import ROOT
from tests.support.report import for_want_of
from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral import ThrowawayNginx
from tests.support.servers.ephemeral.namespaces import Hosts
from tests.support.servers.proxy import Proxy
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.shop import DatabaseShop

pytestmark = pytest.mark.deep

PAGE = ROOT / "docs/howto/run-behind-a-proxy.md"
PORT = 8000  # of each host, as on the page
CUSTOMERS = 6
STOCK = 1_000_000
REPEATABLE = (409, 502)
"""The statuses of a killed host: the key is in use until the database notices, and a request may find no host."""
PROXY_ERROR = r"\[error\] [^:]*: \*\d+ (.*?) while"
HOME = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}


@dataclass
class Farm:
    """The hosts, the service that runs on each, and the nginx in front of them."""

    service: Service
    hosts: Hosts
    nginx: ThrowawayNginx
    until: ExitStack
    processes: list[Process] = field(default_factory=list)

    @property
    def web(self) -> Web:
        """The statuses, repetitions and failures of the customers' requests."""
        return Web(process=self.processes[0], port=self.nginx.port)

    def start(self, host: int) -> Process:
        """Start the host's service, and return when it is ready."""
        words = [*self.hosts.command(host), sys.executable, "-m", "orders_flask", "serve"]
        words += ["--host", self.hosts.addresses[host], "--port", str(PORT)]
        log = self.service.directory / f"host-{host}-{time.monotonic_ns()}.log"
        with log.open("ab") as output:
            environment = self.service.environment
            begun = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=output, stderr=output)
        process = self.until.enter_context(Process(begun, log))
        within(120, lambda: self.is_ready(host), f"host {host} is not ready")
        return process

    def is_ready(self, host: int) -> bool:
        with closing(HTTPConnection(self.hosts.addresses[host], PORT, timeout=2)) as connection:
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except (OSError, HTTPException):
                return False

    def restart(self, host: int) -> None:
        """Stop the host's service as an operator does, and start it again."""
        self.processes[host].terminate()
        within(60, lambda: not self.processes[host].runs, f"host {host} does not stop")
        self.processes[host] = self.start(host)

    def kill(self, host: int) -> None:
        """Kill the host's service with SIGKILL, and start it again."""
        self.processes[host].kill()
        self.processes[host] = self.start(host)


@dataclass
class Seen:
    """The statuses, repetitions and failures of the requests, when the block has ended."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    orders: dict[str, int] = field(default_factory=dict)  # the number of the order of each key
    repeated: Counter[str] = field(default_factory=Counter)  # requests, by the reason
    slowest: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, kind: str, answer: Answer, *, key: str | None = None) -> Answer:
        with self._lock:
            self.statuses[kind, answer.status] += 1
            self.slowest = max(self.slowest, answer.seconds)
            if answer.status not in (200, 201):
                self.failures.append(f"{kind}: {answer.status} {answer.body}")
            elif key is not None:
                self.orders[key] = answer.body["order_id"]
        return answer

    def repeat(self, reason: str) -> None:
        with self._lock:
            self.repeated[reason] += 1

    def fail(self, kind: str, error: Exception) -> None:
        with self._lock:
            self.failures.append(f"{kind}: {error!r}")


def shop_once(customer: Customer, seen: Seen) -> None:
    """Place an order under a key, read it and list one's orders; no request is repeated."""
    placed = seen.record("place", order(customer, key := str(uuid4())), key=key)
    if placed.status == 200:
        seen.record("read", customer.ask("GET", f"/api/v1/orders/{placed.body['order_id']}"))
    seen.record("list", customer.ask("GET", "/v1/orders?limit=5"))


def place_once(customer: Customer, seen: Seen) -> None:
    """Place an order under a key, and repeat the request until it is answered, as a good client does."""
    key, deadline = str(uuid4()), time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            placed = order(customer, key)
        except Gone:
            seen.repeat("connection lost")
            continue
        if placed.status == 200:
            seen.record("place", placed, key=key)
            return
        seen.repeat(f"place: {placed.status}")
        assert placed.status in REPEATABLE, placed
        time.sleep(0.1)
    raise AssertionError(f"{key} is not answered")


def order(customer: Customer, key: str) -> Answer:
    body = HOME | {"order_items": [{"product_id": number, "quantity": 1} for number in (1, 2, 3)]}
    return customer.post_with_key("/api/v1/orders/", body, key=key)


@contextmanager
def shopping(farm: Farm, scenario: Callable[[Customer, Seen], None]) -> Iterator[Seen]:
    """Customers who run the scenario in a loop until the block ends."""
    seen = Seen()

    def live(number: int, enough: threading.Event) -> None:
        with closing(Customer(farm.service, farm.web, f"customer-{number}")) as customer:
            while not enough.is_set():
                try:
                    scenario(customer, seen)
                except Exception as error:  # noqa: BLE001 - the test reports it
                    seen.fail("request", error)
                enough.wait(0.02)

    with in_threads(live, number=CUSTOMERS):
        yield seen
    print(f"{dict(seen.statuses)}, repeated {dict(seen.repeated)}, slowest {seen.slowest:.2f} s")
    print(Counter(re.findall(PROXY_ERROR, (farm.nginx.directory / "error.log").read_text())))


def published_configuration(addresses: Sequence[str]) -> str:
    """The page's configuration of several hosts, with the addresses of these."""
    blocks = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    block: str
    (block,) = [block for block in blocks if "upstream orders" in block]
    for number, address in enumerate(addresses, start=11):
        assert f"server 10.0.0.{number}:{PORT} " in block
        block = block.replace(f"10.0.0.{number}:", f"{address}:")
    assert "10.0.0." not in block
    return block


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with ExitStack() as until:
        try:
            yield until.enter_context(Hosts(3))
        except Unavailable as why:
            for_want_of("network namespaces", why=str(why))


@pytest.fixture
def farm(
    hosts: Hosts, copied_postgresql: str, redis_server: RedisServer, rabbitmq_server: RabbitServer, tmp_path: Path
) -> Iterator[Farm]:
    """The service on three hosts, which reach the servers of the run at the address of the bridge."""
    name = rabbitmq_server.name("growing")
    local = Service(
        database_url=copied_postgresql,
        redis_url=redis_server.url,
        redis_prefix=f"{redis_server.prefix}{name}:",
        rabbitmq_url=rabbitmq_server.url,
        name=name,
        exchange=rabbitmq_server.name("growing-events"),
        directory=tmp_path,
        more={"TRUSTED_PROXIES": "1"},
    )
    products = tmp_path / "products.jsonl"
    line = '{{"name": "Tea", "sku": "TEA-{}", "price": 12.5, "stock_quantity": {}}}\n'
    products.write_text("".join(line.format(number, STOCK) for number in range(3)))
    local.run("products", "import", str(products))
    urls = {name: getattr(local, name) for name in ("database_url", "redis_url", "rabbitmq_url")}
    with ExitStack() as until:
        for name, url in urls.items():
            forwarder = until.enter_context(Proxy.before(url, address=hosts.gateway))
            urls[name] = forwarder.through(url)
        try:
            nginx = until.enter_context(ThrowawayNginx(blocks=published_configuration(hosts.addresses)))
        except Unavailable as why:
            for_want_of("an nginx", why=str(why))
        farm = Farm(replace(local, **urls), hosts, nginx, until)
        with ThreadPoolExecutor() as threads:
            farm.processes = list(threads.map(farm.start, range(len(hosts.addresses))))
        yield farm


@pytest.fixture
def core(farm: Farm) -> Iterator[DatabaseShop]:
    with shop_of(farm.service) as core:
        yield core


def require_once(core: DatabaseShop, rabbit: RabbitServer, probe: str, seen: Seen) -> None:
    """Each key has one order, nothing else was ordered, stock is the ledger's, and each event was published."""
    within(30, lambda: not core.unsent(), "the outbox is not sent")
    versions = core.versions()
    assert len(versions) == len(seen.orders) == len(set(seen.orders.values()))
    ledger = core.ledger()
    ledger.require_agreement()
    assert dict(ledger.stock) == {number: STOCK - len(versions) for number in (1, 2, 3)}
    require_published(received_events(rabbit, probe), versions)


def test_rolling_restart_fails_no_request(farm: Farm, core: DatabaseShop, rabbitmq_server: RabbitServer) -> None:
    with bound_queue(rabbitmq_server, farm.service.exchange) as probe:
        with shopping(farm, shop_once) as seen:
            for _ in range(2):
                for host in range(3):
                    farm.restart(host)

        assert seen.failures[:5] == []
        require_once(core, rabbitmq_server, probe, seen)


def test_killed_hosts_double_no_order(farm: Farm, core: DatabaseShop, rabbitmq_server: RabbitServer) -> None:
    """Customers repeat an unanswered request under its key, and so does nginx on another host."""
    with bound_queue(rabbitmq_server, farm.service.exchange) as probe:
        with shopping(farm, place_once) as seen:
            for host in range(3):
                farm.kill(host)

        assert seen.failures[:5] == []
        require_once(core, rabbitmq_server, probe, seen)
