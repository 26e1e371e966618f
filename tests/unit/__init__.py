"""Unit tests of the domain, of the use cases on memory adapters and of other pure code: no network."""
