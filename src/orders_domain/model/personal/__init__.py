"""Personal data: where it is stored, what becomes of it in an erasure, and the erasure of an order."""
