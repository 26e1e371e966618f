"""Unit tests of actors, access rules and users."""
