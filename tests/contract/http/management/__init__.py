"""Tests of the contract `management`."""
