"""Web layer shared by the published contracts."""
