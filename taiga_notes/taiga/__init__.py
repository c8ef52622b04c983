"""Taiga: its API, login, store and sync."""
