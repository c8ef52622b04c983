"""Watching: what happens comes into an inbox, one worker does what is due.

    files (file_events, or scan where they can't be watched) ─┐
    webhook deliveries, signals                              ─┼→ inbox → worker ⇄ schedule
    the poller's thread, which asks Taiga                    ─┘              ↓
                                                              refresher → refresh

The worker alone changes the schedule: file watcher, poller and refresher give it plain data. The
refresher alone opens pages, the poller alone asks Taiga; neither has a way of its own to do so.
"""
