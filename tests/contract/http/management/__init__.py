"""The published contract `management`, request by request."""
