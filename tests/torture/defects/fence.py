"""Defect: a cache without its fence, which stores every order that was read, however late.

Some puts are delayed until a relay has repeated the invalidation, because otherwise a short run seldom meets the race.
A cache with its fence tolerates the delay.
"""

import random
import time
from typing import Any

from orders_adapters.redis import lua_scripts, order_cache

_PUT = "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) return 1"
_INVALIDATE = "for i = 1, #KEYS, 2 do redis.call('DEL', KEYS[i]) end return 1"


def plant() -> None:
    lua_scripts.PUT = _PUT
    lua_scripts.INVALIDATE = _INVALIDATE
    put = order_cache.RedisOrderCache.put

    def put_late(self: Any, order: Any) -> None:
        if random.random() < 0.3:
            time.sleep(2.5)
        put(self, order)

    order_cache.RedisOrderCache.put = put_late  # type: ignore[method-assign]
