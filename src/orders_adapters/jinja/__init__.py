"""Jinja adapter of the notification renderer, with its templates in English and German."""
