"""The whole service under faults: processes killed, servers stopped and frozen; nothing lost, doubled or stale."""
