"""Notifications without a server: templates, sending, and the recipients of alerts."""
