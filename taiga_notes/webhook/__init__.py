"""Webhooks: Taiga says that something changed, and is believed if the signature is right.

receiver.py       a small HTTP server in a thread of its own, and a watch's use of it
http_exchange.py  one bounded request, one short answer
signatures.py     whether a delivery is genuine, what it hints at, the keys to tell that by
registry.py       the webhooks that a project's Taiga has
"""
