"""Taiga's data as plain rows: which lists there are, their fields; pure."""
