"""Promises: of each port, on every adapter that claims it; of each published contract, request by request."""
