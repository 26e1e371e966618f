"""Personal data of a person, through all contracts and in all stores."""
