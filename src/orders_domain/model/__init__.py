"""Domain model: entities, value objects and business rules."""
