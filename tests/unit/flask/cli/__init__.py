"""Tests of parts of the commands."""
