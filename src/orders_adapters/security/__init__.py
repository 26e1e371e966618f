"""Who somebody is, shown by signatures."""
