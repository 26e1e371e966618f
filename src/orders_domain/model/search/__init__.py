"""Search for orders: the words by which an order is found, and the text that is searched for."""
