"""Bringing what is kept up to date for as little as possible."""
