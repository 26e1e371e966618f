"""Use cases of the event feed."""
