"""Commands about a person: export and erasure of personal data."""
