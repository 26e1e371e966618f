"""The torture test: a whole service under load while its parts are killed, and a checker that decides what was lost."""
