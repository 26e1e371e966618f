"""Faults: what happens to processes, servers and the network, in a sequence derived from the seed."""
