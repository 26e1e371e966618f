"""The life of orders in memory."""
