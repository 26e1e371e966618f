"""The ports that Kafka stands behind: the publisher of notifications, and the inlet of messages for us.

What it gives otherwise than RabbitMQ: order within a partition, which a key chooses; and a group of consumers shares
the partitions, each of which one consumer at a time has. Both are run against librdkafka's own mock cluster, which
speaks the protocol and knows no topic settings, transactions or access rights; not against a real Kafka.
"""
