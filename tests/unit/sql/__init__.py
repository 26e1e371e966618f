"""What the SQL adapters promise without a server."""
