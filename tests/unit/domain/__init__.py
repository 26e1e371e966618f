"""Unit tests of the domain and its use cases on the memory adapters: no network, no files, no waiting."""
