"""Real servers for tests: PostgreSQL, Redis and RabbitMQ, discovered or started, and a fault proxy."""
