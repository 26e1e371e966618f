"""The published contract `checkout`, request by request."""
