"""Lua scripts of the order cache, and the functions that run scripts.

An order has two keys: its entry, ``<schema> <version> <JSON>``, and its fence, the version of the last invalidation. A
key of the wrong type counts as empty and is overwritten. With Sentinel and in a cluster the schema is
``<schema>@<run id>``, because a promoted replica may have old entries and lack their fences.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1

from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError

from orders_adapters.redis.client import Client, node_of
from orders_adapters.redis.prefetch import Prefetch
from orders_adapters.redis.round_trip import Command, exchange
from orders_adapters.redis.write_lease import WriteLease

_VERSIONS = """
local function number(reply, pattern)
  return type(reply) == 'string' and tonumber(string.match(reply, pattern)) or 0
end
local function versions(entry, fence)
  local stored = number(redis.pcall('GETRANGE', entry, 0, 80), '^[%d@a-f]+ (%d+) ')
  return stored, number(redis.pcall('GET', fence), '^(%d+)$')
end
"""

PUT = (
    _VERSIONS
    + """
-- KEYS: entry and fence of an order.
-- ARGV: value, its version, TTL in ms, seconds since the database read or -1, id of Redis's run at that time or ''.
local version, age = tonumber(ARGV[2]), tonumber(ARGV[4])
local stored, fence = versions(KEYS[1], KEYS[2])
if version < stored or version < fence then return 0 end
if ARGV[5] ~= '' and not string.find(tostring(redis.pcall('INFO', 'server')), 'run_id:' .. ARGV[5], 1, true) then
  return 0
end
if age >= 0 then
  -- Redis may have restarted since the read, and lost the fence. Its uptime is in whole seconds.
  local up = string.match(tostring(redis.pcall('INFO', 'server')), 'uptime_in_seconds:(%d+)')
  if up and tonumber(up) < age + 1 then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
"""
)

INVALIDATE = (
    _VERSIONS
    + """
-- KEYS: entry and fence of each order. ARGV: TTL of the fences in ms, and the version of each order.
-- DEL comes first, because a Redis whose memory is full rejects SET, but not DEL, nor SET in a script after a DEL.
local fences = {}
for i = 1, #KEYS / 2 do
  local stored, fence = versions(KEYS[2 * i - 1], KEYS[2 * i])
  fences[i] = math.max(fence, tonumber(ARGV[i + 1]))
  if stored < fences[i] then redis.call('DEL', KEYS[2 * i - 1]) end
end
for i, fence in ipairs(fences) do
  redis.call('SET', KEYS[2 * i], string.format('%.0f', fence), 'PX', ARGV[1])
end
return 1
"""
)


@dataclass(frozen=True, slots=True)
class Call:
    """The keys, which are of one slot in a cluster, and the arguments of a script."""

    keys: Sequence[str]
    arguments: Command

    @property
    def words(self) -> Command:
        return (len(self.keys), *self.keys, *self.arguments)


def run(client: Client, script: str, calls: Sequence[Call]) -> None:
    """Run the script once for each call, in one round trip.

    The script is run by its hash. If Redis has not loaded it since its start, a second round trip is needed.

    Raises:
        RedisError: one of the runs failed; the others may have succeeded.
    """
    replies = exchange(client, [("EVALSHA", _name(script), *call.words) for call in calls])
    not_loaded = [call for call, reply in zip(calls, replies, strict=True) if isinstance(reply, NoScriptError)]
    if not_loaded:
        replies = [reply for reply in replies if not isinstance(reply, NoScriptError)]
        replies += exchange(client, [("EVAL", script, *call.words) for call in not_loaded])
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply


@cache
def _name(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


def evaluate(
    client: Client,
    script: str,
    key: str,
    *arguments: str | int,
    prefetch: Prefetch | None = None,
    lease: WriteLease | None = None,
) -> object:
    """Run a script of one key, and return its reply. If Redis has not loaded it, a second round trip is needed.

    The first round trip also reads the key of ``prefetch``, if any, and renews ``lease``, if that is needed. In a
    cluster nothing is prefetched, because another node may have that key.
    """
    prefetch_key = prefetch.key if prefetch and not isinstance(client, RedisCluster) else None
    requested_at = time.monotonic()
    expired = lease if lease and not lease.valid(requested_at, node_of(client, key)) else None
    commands: list[Command] = [expired.probe(client, key)] if expired else []
    commands.append(("EVALSHA", _name(script), 1, key, *arguments))
    if prefetch_key:
        commands.append(("GET", prefetch_key))
    replies = exchange(client, commands)
    if expired:
        expired.renew(replies.pop(0), requested_at=requested_at, node=node_of(client, key))
    reply, *prefetched = replies
    if prefetch and prefetched:
        prefetch.store(prefetched[0], requested_at=requested_at)
    if isinstance(reply, NoScriptError):
        return client.eval(script, 1, key, *arguments)
    if isinstance(reply, Exception):
        raise reply
    return reply
