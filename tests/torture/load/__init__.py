"""Load: buyers through all four contracts, and all other clients of orders."""
