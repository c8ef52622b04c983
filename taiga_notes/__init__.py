"""Queries into Taiga, rendered in place in markdown notes."""

__version__ = "0.1.0"
