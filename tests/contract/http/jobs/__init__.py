"""Bulk changes of status as background jobs, over HTTP."""
