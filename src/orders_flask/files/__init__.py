"""Files of orders and products, as CSV or JSON Lines, that commands and jobs read and write."""
