"""Cache component: Redis, in-process memory, or none."""

from __future__ import annotations

from functools import partial

from orders_adapters.memory.order_cache import InMemoryOrderCache as MemoryCache
from orders_adapters.memory.order_cache import NullOrderCache
from orders_domain.ports.clock import Clock
from orders_flask.bootstrap.components import (
    CacheComponent,
    PersistenceComponent,
    as_setting_error,
    check_health,
    require_extra,
)
from orders_flask.settings import Settings

PERSISTENCE_WARNING = (
    "Redis persistence is enabled: after a crash, the cache could return outdated orders for up to five minutes. "
    "Use a Redis with save '' and appendonly no for the cache."
)


def cache(settings: Settings, store: PersistenceComponent, *, clock: Clock) -> CacheComponent:
    if settings.cache == "redis":
        with require_extra("redis", wanted_by="REDIS_URL"):
            from orders_adapters.redis.database_identity import DatabaseIdentity
            from orders_adapters.redis.order_cache import RedisOrderCache as RedisCache
            from orders_adapters.redis.prefetch import Prefetch
            from orders_adapters.redis.write_lease import WriteLease

        prefetch, lease, identity = (
            Prefetch(),
            WriteLease(settings.redis_prefix),
            DatabaseIdentity(store.identity.get),
        )
        with as_setting_error("REDIS_URL"):
            redis = RedisCache(
                settings.redis_url,
                prefix=settings.redis_prefix,
                identity=identity.get,
                prefetch=prefetch,
                lease=lease,
            )
        return CacheComponent(
            cache=redis,
            prefetch=prefetch,
            lease=lease,
            identity=identity,
            circuit_open=lambda: redis.circuit_open,
            check=partial(check_health, redis.ping),
            warning=lambda: PERSISTENCE_WARNING if redis.persistence_enabled() else None,
            close=redis.close,
        )
    return CacheComponent(cache=MemoryCache(clock=clock) if settings.cache == "memory" else NullOrderCache())
