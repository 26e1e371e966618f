"""Contract tests over HTTP, on the embedded stack and on the real stack."""
