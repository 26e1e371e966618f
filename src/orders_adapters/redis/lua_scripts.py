"""What must happen at once inside Redis: the two Lua scripts of the cache, and how scripts are run.

Both know two keys of one order: its entry, ``<schema> <version> <JSON>``, and its fence, the version that the last
update announced. A key of the wrong type counts as empty and is overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import TypeAlias

import redis
from redis.client import Pipeline
from redis.exceptions import NoScriptError

from orders_adapters.redis.prefetch import Prefetch

Call: TypeAlias = Sequence[str | bytes | int | float]

_VERSIONS = """
local function number(answer, pattern)
  return type(answer) == 'string' and tonumber(string.match(answer, pattern)) or 0
end
local stored = number(redis.pcall('GETRANGE', KEYS[1], 0, 40), '^%d+ (%d+) ')
local fence = number(redis.pcall('GET', KEYS[2]), '^(%d+)$')
"""

PUT = (
    _VERSIONS
    + """
-- ARGV: value, its version, life in ms, age of the reading in s or -1.
local version, age = tonumber(ARGV[2]), tonumber(ARGV[4])
if version < stored or version < fence then return 0 end
if age >= 0 then
  -- A Redis younger than the reading may have lost the fence that was to stop it. Its age is in whole seconds.
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
-- ARGV: version, life of the fence in ms.
fence = math.max(fence, tonumber(ARGV[1]))
-- First the entry: a Redis whose memory is full refuses SET, but never DEL, and no SET in a script that has deleted.
if stored < fence then redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[2])
return 1
"""
)


def run(client: redis.Redis, script: str, calls: Sequence[Call]) -> None:
    """Run the script once for each list of two keys and its arguments, all in one round trip.

    The script is named by its hash; a Redis that has not seen it since it started costs another round trip.

    Raises:
        RedisError: one of the runs failed; the others may have been done.
    """
    name = sha1(script.encode(), usedforsecurity=False).hexdigest()
    answers = _pipelined(client, calls, lambda pipe, call: pipe.evalsha(name, 2, *call))
    unseen = [call for call, answer in zip(calls, answers, strict=True) if isinstance(answer, NoScriptError)]
    if unseen:
        answers = [answer for answer in answers if not isinstance(answer, NoScriptError)]
        answers += _pipelined(client, unseen, lambda pipe, call: pipe.eval(script, 2, *call))
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


def _pipelined(client: redis.Redis, calls: Sequence[Call], ask: Callable[[Pipeline, Call], object]) -> list[object]:
    with client.pipeline(transaction=False) as pipe:
        for call in calls:
            ask(pipe, call)
        return list(pipe.execute(raise_on_error=False))


def evaluate(
    client: redis.Redis, script: str, key: str, *arguments: str | int, prefetch: Prefetch | None = None
) -> object:
    """Run a script of one key, and return its answer; a Redis that has not seen it costs another round trip.

    What is to be read ahead is read in the first.
    """
    with client.pipeline(transaction=False) as pipe:
        pipe.evalsha(sha1(script.encode(), usedforsecurity=False).hexdigest(), 1, key, *arguments)
        wanted, asked_at = prefetch.key if prefetch else None, time.monotonic()
        if wanted:
            pipe.get(wanted)
        answer, *found = pipe.execute(raise_on_error=False)
    if prefetch and found:
        prefetch.store(found[0], asked_at=asked_at)
    if isinstance(answer, NoScriptError):
        return client.eval(script, 1, key, *arguments)
    if isinstance(answer, Exception):
        raise answer
    return answer
