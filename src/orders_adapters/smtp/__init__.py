"""SMTP adapter of the notifier."""
