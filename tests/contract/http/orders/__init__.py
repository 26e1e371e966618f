"""Tests of the contract `orders`."""
