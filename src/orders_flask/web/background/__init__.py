"""Requests that a worker processes after the response: RFC 7240, ``Prefer: respond-async`` (clause 002-34)."""
