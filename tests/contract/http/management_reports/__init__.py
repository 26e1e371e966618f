"""What the contract `management` shows from above, and its templates, request by request."""
