"""One round trip of several commands.

A pipeline of the library does the same, and takes 100 microseconds longer: it copies the options of each command, and
prepares for cluster slots, retries and transactions, of which these clients use none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from redis.cluster import RedisCluster
from redis.exceptions import ClusterDownError, ResponseError

from orders_adapters.redis.client import Client

Command: TypeAlias = Sequence[str | bytes | int | float]


def exchange(client: Client, commands: Sequence[Command]) -> list[Any]:
    """Send the commands and return their replies as bytes, integers, lists or None; an error reply as an exception.

    A cluster gets one command after another, because the library follows redirections only so, or repeats each.

    Raises:
        RedisError: Redis is unavailable or too slow; the connection is then closed.
    """
    if isinstance(client, RedisCluster):
        return [_routed(client, command) for command in commands]
    pool = client.connection_pool
    connection: Any = pool.get_connection()
    try:
        connection.send_packed_command(connection.pack_commands(commands))
        return [_reply(connection) for _ in commands]
    except BaseException:
        connection.disconnect()  # a late reply must not be read as that of the next command
        raise
    finally:
        pool.release(connection)


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _routed(cluster: RedisCluster, command: Command) -> Any:
    try:
        return cluster.execute_command(*command)
    except ClusterDownError:
        raise
    except ResponseError as error:
        return error
