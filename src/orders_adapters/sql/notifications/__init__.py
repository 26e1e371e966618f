"""Notifications in the database: their queue, and the recipients of alerts."""
