"""Webhooks: Taiga says that something changed, and is believed if the signature is right.

listener.py       where a watch receives them, as its settings change
receiver.py       a small HTTP server in a thread of its own
http_exchange.py  one bounded request, one short answer
signatures.py     whether a delivery is genuine, and what it hints at
key_file.py       the keys to tell that by
registry.py       the webhooks that a project's Taiga has
"""
