"""A copy of the example vault, and what answers about its pages; both for a whole module."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taiga_notes.lsp.language_service import LanguageService
from taiga_notes.lsp.opened_vaults import Vaults

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "vault"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user who has configured nothing."""
    folder = tmp_path_factory.mktemp("home")
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    return {"PATH": os.environ["PATH"], **dict.fromkeys(names, str(folder))}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault's folder."""
    folder = tmp_path_factory.mktemp("vaults") / "vault"
    shutil.copytree(EXAMPLE, folder)
    return folder


@pytest.fixture(scope="module")
def service(vault: Path, home: dict[str, str]) -> Iterator[LanguageService]:
    """What answers about the vault's pages."""
    service = LanguageService(Vaults(home), str(vault))
    yield service
    service.vaults.close()
