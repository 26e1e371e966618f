"""Suites of the ports of products: their stock, the catalogue, reservations and the services of partners."""
