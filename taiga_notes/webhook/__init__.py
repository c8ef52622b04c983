"""Webhooks: Taiga says that something changed, and is believed if the signature is right.

listener.py       a watch's use of the receiver, if it has any
receiver.py       a small HTTP server in a thread of its own
http_exchange.py  one bounded request, one short answer
refusal.py        what it is answered if it is none of ours
signatures.py     whether a delivery is genuine, what it hints at, the keys to tell that by
registry.py       the webhooks that a project's Taiga has
"""
