"""Tests of the reports and templates of `management`."""
