"""Tests of the contract `checkout`."""
