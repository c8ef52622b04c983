"""A small Taiga with one public project."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.fake_taiga import Clock, Taiga
from tests.fake_taiga_conformance.asking import Visitor

if TYPE_CHECKING:
    from tests.fake_taiga.model import Project


@pytest.fixture
def taiga() -> Taiga:
    found = Taiga(Clock(datetime(2026, 11, 22, 12, tzinfo=UTC)))
    found.settings.hooks_automatic = False
    found.add_project("Acme", owner=found.add_user("ada"), slug="acme")
    return found


@pytest.fixture
def project(taiga: Taiga) -> Project:
    return taiga.projects[1]


@pytest.fixture
def anybody(taiga: Taiga) -> Visitor:
    """An anonymous visitor."""
    return Visitor(taiga)


@pytest.fixture
def ada(taiga: Taiga) -> Visitor:
    """The project's owner."""
    return Visitor(taiga, taiga.users[1])


@pytest.fixture
def eve(taiga: Taiga) -> Visitor:
    """A user who is no member."""
    return Visitor(taiga, taiga.add_user("eve"))
