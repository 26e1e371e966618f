"""Redis adapters: order cache, revoked-token cache and rate limiter."""
