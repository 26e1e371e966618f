"""Contract tests of the ports: one module per port, run against every adapter."""
