"""A cluster resource manager that keeps services available, and says why."""

__version__ = "0.1.0"
