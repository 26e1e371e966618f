"""The servers that tests need, and where to find them."""

from tests.support.servers import postgresql, rabbitmq, redis
from tests.support.servers.discovery import Part
from tests.support.servers.ephemeral import ThrowawayPostgres, ThrowawayRabbit, ThrowawayRedis

POSTGRESQL = Part(
    name="PostgreSQL",
    variable=postgresql.VARIABLE,
    usual=postgresql.USUAL,
    version_at=postgresql.version_at,
    throwaway=ThrowawayPostgres,
)
REDIS = Part(
    name="Redis",
    variable=redis.VARIABLE,
    usual=redis.USUAL,
    version_at=redis.version_at,
    throwaway=ThrowawayRedis,
)
RABBITMQ = Part(
    name="RabbitMQ",
    variable=rabbitmq.VARIABLE,
    usual=rabbitmq.USUAL,
    version_at=rabbitmq.version_at,
    throwaway=ThrowawayRabbit,
)
