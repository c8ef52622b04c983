from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import Arena, arena

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def attacked(tmp_path: Path) -> Arena:
    """A vault that a stranger made, of a user with secrets."""
    return arena(tmp_path)
