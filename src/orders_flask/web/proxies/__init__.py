"""What reverse proxies and servers say about a request: the client's address and the root path."""
