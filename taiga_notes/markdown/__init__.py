"""Strangers' text made inert, by the place where it comes to stand."""
