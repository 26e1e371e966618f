"""RabbitMQ adapters: event publisher and message consumer."""
