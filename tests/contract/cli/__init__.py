"""The command `orders`."""
