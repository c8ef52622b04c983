"""Rows as the JSON that Taiga gives: one module a noun, keys in Taiga's order."""
