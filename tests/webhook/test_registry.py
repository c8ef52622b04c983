from __future__ import annotations

from taiga_notes.webhook.registry import Hook


def test_a_webhook_shows_its_key_to_nobody() -> None:
    hook = Hook(7, "taiga-notes", "https://notes.example/hook", "the key of the hook")
    assert "the key of the hook" not in f"{hook!r} {hook}"
    assert "https://notes.example/hook" in repr(hook)
