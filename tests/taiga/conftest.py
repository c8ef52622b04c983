"""What costs time on purpose is cheap here."""

from __future__ import annotations

import pytest

from taiga_notes.taiga.auth import token_store


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a refused password's mark be computed in no time: how often it is hashed, no test
    asks."""
    monkeypatch.setattr(token_store, "_ROUNDS", 1)
