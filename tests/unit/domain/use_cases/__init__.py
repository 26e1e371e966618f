"""Unit tests of the use cases on the memory adapters."""
