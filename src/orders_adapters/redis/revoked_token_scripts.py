"""Lua scripts of the cache of revoked tokens.

Everything is in one sorted set, because Redis loses or retains a key as a unit: the revoked keys, scored by the number
from which on tokens are valid, and ``complete <run id>``. Redis's run id differs after a restart from an old snapshot
and on a promoted replica, so the cache does not count as complete there. INFO, which has the run id, may not be
permitted; then the cache is never complete.
"""

BEGUN, NO_RUN_ID, BUSY = 1, 0, -1
"""Replies of BEGIN."""

_RUN = "local run = string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)') or ''\n"
RUN_ID = _RUN + "return run"
# ARGV: key and number of the token, repeatedly.
LOOKUP = (
    _RUN
    + """
for i = 1, #ARGV, 2 do
  local valid_from = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if valid_from and tonumber(ARGV[i + 1]) < tonumber(valid_from) then return 1 end
end
return redis.call('ZSCORE', KEYS[1], 'complete ' .. run) and 0 or -1
"""
)
# ARGV: TTL in ms; key and number, repeatedly. A number is never lowered, because a fill may be older than an addition.
ADD = """
for i = 2, #ARGV, 2 do
  local valid_from = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not valid_from or tonumber(valid_from) < tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
  end
end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1
"""
# ARGV: id of the fill, TTL and longest duration of a fill in ms. One fill at a time, because it reads the whole table.
BEGIN = (
    _RUN
    + """
if run == '' then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('ZSCORE', KEYS[1], 'filling') or 0) > now then return -1 end
redis.call('ZADD', KEYS[1], now + ARGV[3], 'filling')
redis.call('ZADD', KEYS[1], 0, 'begun ' .. ARGV[1] .. ' ' .. run)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
)
# A fill that began before Redis lost the set must not complete after the loss.
COMPLETE = (
    _RUN
    + """
if run == '' or redis.call('ZREM', KEYS[1], 'begun ' .. ARGV[1] .. ' ' .. run) == 0 then return 0 end
redis.call('ZREM', KEYS[1], 'filling')
redis.call('ZADD', KEYS[1], 0, 'complete ' .. run)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
)
