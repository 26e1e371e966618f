"""In-memory adapters of every port, for tests of services that embed the domain and for a start without any server.

Thread-safe; arguments and results are copied. Limits: the data is lost when the process ends, other processes do not
see it, and the cost of a page grows with the number of orders.
"""
