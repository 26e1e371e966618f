"""Contract tests: of each port, on every adapter; of each published contract, request by request."""
