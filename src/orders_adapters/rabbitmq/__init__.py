"""The ports that RabbitMQ stands behind: the publisher of events."""
