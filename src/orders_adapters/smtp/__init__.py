"""The port that a mail server stands behind: the notifier."""
