"""Redis frozen and killed under load: no request fails, latency stays bounded, and the cache recovers."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
import redis

from orders_domain.ports.outbox import OutboxState
from tests.contract.faults.load import busy, place_pay_and_ship
from tests.contract.faults.service import Service, shop_of, within
from tests.support.command import orders
from tests.support.depth import effort
from tests.support.servers.ephemeral import ThrowawayRedis
from tests.support.servers.ephemeral.server import HOST

MAX_LATENCY = 1.0  # seconds: two timeouts of 0.1 and a margin; a request that waits for Redis takes longer


@pytest.mark.parametrize(("end", "begin"), [pytest.param("freeze", "thaw", marks=pytest.mark.deep), ("kill", "start")])
def test_redis_outage_fails_no_request(
    on_a_redis_to_break: Service, throwaway_redis: ThrowawayRedis, end: str, begin: str
) -> None:
    service = on_a_redis_to_break
    with service.serve() as web, shop_of(service) as core:
        with busy(service, web, place_pay_and_ship, customers=4) as well:
            time.sleep(effort(0.5, 1.0))
        with busy(service, web, place_pay_and_ship, customers=4) as acknowledged:
            getattr(throwaway_redis, end)()
            time.sleep(effort(1.0, 3.0))
        getattr(throwaway_redis, begin)()
        within(10, lambda: not core.in_state(OutboxState.WAITING, OutboxState.PUBLISHED), "the relay has not healed")

        assert acknowledged.statuses == {200, 201}
        assert acknowledged.unanswered == 0
        print(f"slowest: {well.slowest:.3f} s before, {acknowledged.slowest:.3f} s with Redis away ({end})")
        assert acknowledged.slowest < MAX_LATENCY + well.slowest
        for order_id, version in [*well.versions.items(), *acknowledged.versions.items()]:
            assert core.get(UUID(order_id)).version == version
        # A restarted Redis has no entry of the last order yet.
        last = core.place().id
        within(5, lambda: core.get(last) == core.cache.get(last), "the cache does not serve again")


class RedisWithSnapshots(ThrowawayRedis):
    """Redis with the default configuration of Debian: a kill loses the writes since the last snapshot."""

    def command(self) -> Sequence[str]:
        where = ["--bind", HOST, "--port", str(self.port), "--dir", str(self.directory)]
        return [str(self._program), *where, "--save", "3600 1 300 100 60 10000"]


def test_doctor_warns_of_redis_snapshots(
    tmp_path: Path,
) -> None:
    with RedisWithSnapshots() as keeping:
        warned = orders("doctor", here=tmp_path, REDIS_URL=keeping.url)
        with redis.Redis.from_url(keeping.url) as client:
            client.config_set("save", "")
        content = orders("doctor", here=tmp_path, REDIS_URL=keeping.url)

    assert "Redis persistence is enabled" in warned.stdout
    assert "advice" not in content.stdout
