"""The command `orders`, as a process."""
