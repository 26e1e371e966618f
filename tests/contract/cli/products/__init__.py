"""Tests of the commands of products."""
