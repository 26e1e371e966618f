"""Tests of the commands of events and messages."""
