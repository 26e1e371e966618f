"""Plans of queries and updates: the index that serves each."""
