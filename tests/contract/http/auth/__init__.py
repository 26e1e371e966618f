"""Tests of /auth: login, token refresh and logout."""
