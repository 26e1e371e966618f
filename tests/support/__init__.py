"""What tests of every tier share: servers, examples, builders, clients, and the use cases bound to a store."""
