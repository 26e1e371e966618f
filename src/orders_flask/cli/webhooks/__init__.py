"""The ``orders webhooks`` command."""
