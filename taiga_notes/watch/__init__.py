"""Watching: what happens comes into an inbox, one worker does what is due.

    files (file_events, or scan where they can't be watched) ─┐
    webhook deliveries, signals                              ─┼→ inbox → schedule → worker
    Taiga's own pace                                         ─┘                       ↓
                                                                                   refresh

The worker is the only one that opens a page or asks Taiga, and has no way of its own to do so.
"""
