"""Values of every entity: money, timestamps, JSON values and search words."""
