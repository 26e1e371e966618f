"""Notifications in memory: their queue, and the recipients of alerts."""
