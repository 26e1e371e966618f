"""Secrets of the services under test; a service without them makes its own at random."""

JWT_SECRET = "token-secret-of-the-tests-with-more-than-32-bytes"
CART_SECRET = "cart-secret-of-the-tests-with-more-than-32-bytes"
