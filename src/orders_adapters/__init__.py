"""The driven side: one folder a technology, one file a port."""
