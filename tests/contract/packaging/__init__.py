"""The repository as it is installed and checked: the wheel, the locks, the imports, the README, the house rules."""
