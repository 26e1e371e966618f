"""Tests of the repository: wheel, lock files, imports, README and architecture rules."""
