"""The cache: Redis, this process, or none."""

from __future__ import annotations

from functools import partial

from orders_adapters.memory.order_cache import InMemoryOrderCache as MemoryCache
from orders_adapters.memory.order_cache import NullOrderCache
from orders_domain.ports.clock import Clock
from orders_flask.bootstrap.components import CacheComponent, as_setting_error, check_health, require_extra
from orders_flask.settings import Settings

PERSISTENCE_WARNING = (
    "Redis keeps snapshots: after a crash it would bring old copies of orders back, for five minutes at most. "
    "Give the cache a Redis with save '' and appendonly no."
)


def cache(settings: Settings, *, clock: Clock) -> CacheComponent:
    if settings.cache == "redis":
        with require_extra("redis", wanted_by="REDIS_URL"):
            from orders_adapters.redis.order_cache import RedisOrderCache as RedisCache
            from orders_adapters.redis.prefetch import Prefetch

        ahead = Prefetch()
        with as_setting_error("REDIS_URL"):
            redis = RedisCache(settings.redis_url, prefix=settings.redis_prefix, prefetch=ahead)
        return CacheComponent(
            cache=redis,
            prefetch_slot=ahead,
            circuit_open=lambda: redis.circuit_open,
            check=partial(check_health, redis.ping),
            warning=lambda: PERSISTENCE_WARNING if redis.persistence_enabled() else None,
            close=redis.close,
        )
    return CacheComponent(cache=MemoryCache(clock=clock) if settings.cache == "memory" else NullOrderCache())
