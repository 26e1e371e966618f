"""Mappings between rows and domain objects that are longer than their repositories."""
