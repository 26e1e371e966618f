"""Servers of our own, to be stopped, killed and frozen: each in a temporary directory, on a port of its own."""

from tests.support.servers.ephemeral.postgres import ThrowawayPostgres
from tests.support.servers.ephemeral.rabbit import ThrowawayRabbit
from tests.support.servers.ephemeral.redis import ThrowawayRedis

__all__ = ["ThrowawayPostgres", "ThrowawayRabbit", "ThrowawayRedis"]
