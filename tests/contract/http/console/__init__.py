"""Tests of the operators' console: sessions, rights, pages and actions."""
