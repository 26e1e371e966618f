"""Real parts for tests: PostgreSQL, Redis and RabbitMQ, found or started, and a network that can be broken."""
