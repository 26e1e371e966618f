"""The client's address and the root path of a request, as servers and trusted proxies give them."""
