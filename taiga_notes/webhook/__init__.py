"""Webhooks: Taiga says that something changed, and is believed if the signature is right.

receiver.py    a small HTTP server in a thread of its own
exchange.py    one bounded request, one short answer
deliveries.py  whether a delivery is genuine, and what it hints at
"""
