"""Tests of single migrations, and of all of them."""
