"""Search for orders: the words by which an order is found, the text that is searched for, and summaries."""
