"""Commands that change one order after it was placed."""
