"""The published contract `orders`, request by request, on the embedded stack and on the real one."""
