"""What the business needs from the world. The docstrings are the promises that tests/contract checks."""
