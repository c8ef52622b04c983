"""Watching: what happens raises a flag, one worker does what is due.

    files (events.py, or survey.py where they can't be watched) ─┐
    webhook deliveries, signals                                 ─┼→ flags.py → agenda.py → worker.py
    Taiga's own pace                                            ─┘                             ↓
                                                                                           refresh

The worker is the only one that opens a page or asks Taiga, and has no way of its own to do so.
"""
