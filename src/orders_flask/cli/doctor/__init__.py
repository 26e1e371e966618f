"""The ``orders doctor`` command: the components, the data, and the orders that wait too long."""
