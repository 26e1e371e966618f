"""Use cases that workers and jobs run."""
