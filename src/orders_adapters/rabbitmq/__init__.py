"""The ports that RabbitMQ stands behind: the publisher of events, and the inlet of messages for us."""
