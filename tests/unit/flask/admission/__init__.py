"""Tests of admission: connections, bodies, and the requests that wait."""
