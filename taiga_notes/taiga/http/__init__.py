"""Taiga's API over HTTP: requests, answers, pages of lists; the only user of httpx."""
