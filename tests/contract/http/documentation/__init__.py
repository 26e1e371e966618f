"""The published descriptions: OpenAPI, AsyncAPI and their pages."""
