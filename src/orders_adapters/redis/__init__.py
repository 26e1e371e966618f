"""The ports that Redis stands behind: the cache of orders."""
