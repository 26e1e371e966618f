"""Servers of our own, to be stopped, killed and frozen: each in a temporary directory, on a port of its own."""

from tests.parts.throwaway.postgres import ThrowawayPostgres
from tests.parts.throwaway.rabbit import ThrowawayRabbit
from tests.parts.throwaway.redis import ThrowawayRedis

__all__ = ["ThrowawayPostgres", "ThrowawayRabbit", "ThrowawayRedis"]
