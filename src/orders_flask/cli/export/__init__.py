"""The export command: options, rows and resumable files."""
