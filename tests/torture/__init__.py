"""Fault-injection test: a complete service under load while its processes are killed, and a checker of its promises."""
