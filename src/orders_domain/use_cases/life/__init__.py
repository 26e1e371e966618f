"""Use cases of an order's life, which the contract ``shop`` publishes."""
