"""The faults: what happens to processes, servers and the network, in an order that follows from the seed."""
