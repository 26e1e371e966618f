"""Kafka adapters: event publisher and message consumer.

Differences from RabbitMQ: order is guaranteed within a partition, which the key selects; and the consumers of a group
share the partitions, each of which has one consumer at a time. The adapters are tested with librdkafka's mock cluster,
which has no topic settings, transactions or access rights, and not with a real Kafka.
"""
