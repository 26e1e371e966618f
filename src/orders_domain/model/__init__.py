"""The model: entities, values and the rules about them."""
