"""The promises of each port, one module a port, run on every adapter that claims to keep them."""
