"""The domain, the use cases on memory adapters and the pure parts of the rest: no network, seconds."""
