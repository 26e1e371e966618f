"""Driven adapters: one folder per technology, one file per port."""
