"""What only the SQL adapters promise: their schema, their plans, their locks, and a database that goes away."""
