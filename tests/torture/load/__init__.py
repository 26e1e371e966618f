"""The load: buyers through all four contracts, and everybody else who has to do with orders."""
