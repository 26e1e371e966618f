"""Authentication: tokens, passwords and cart signatures."""
