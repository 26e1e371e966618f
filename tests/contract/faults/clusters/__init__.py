"""Servers with replicas, of which one is killed while orders are placed."""
