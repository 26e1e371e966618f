"""Rights follow the order, whichever contract a request comes by."""
