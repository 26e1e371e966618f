"""IDNA adapter: internationalized domain names in e-mail addresses."""
