"""Life of an order after it was placed: lines and their counters, charges, axes, holds and annotations."""
