"""Ephemeral servers that tests stop, kill and freeze: each in a temporary directory, on a separate port."""

from tests.support.servers.ephemeral.nginx import ThrowawayNginx
from tests.support.servers.ephemeral.pgbouncer import ThrowawayPgBouncer
from tests.support.servers.ephemeral.postgres import ThrowawayPostgres, ThrowawayReplica
from tests.support.servers.ephemeral.rabbit import ThrowawayRabbit
from tests.support.servers.ephemeral.redis import ThrowawayRedis

__all__ = [
    "ThrowawayNginx",
    "ThrowawayPgBouncer",
    "ThrowawayPostgres",
    "ThrowawayRabbit",
    "ThrowawayRedis",
    "ThrowawayReplica",
]
