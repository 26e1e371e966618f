"""Event feed: the events of committed changes in the order in which they became readable."""
