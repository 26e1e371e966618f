"""Nothing is sold twice: the stock, its ledger, the orders and the events agree, whatever happens at once."""
