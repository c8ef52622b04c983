"""Sprints and wiki pages as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.clock import shown
from tests.fake_taiga.frozen import html_of
from tests.fake_taiga.shapes.parts import project_info
from tests.fake_taiga.shapes.stories import nested_story, total_points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tests.fake_taiga.model import Json, Milestone, Story, User, WikiPage


def sprint(
    milestone: Milestone, stories: Sequence[Story], viewer: User | None, today: date
) -> Json:
    """A sprint, in lists and alone: all its stories are in it, unpaged."""
    return {
        "project": milestone.project.id,
        "project_extra_info": project_info(milestone.project),
        "id": milestone.id,
        "name": milestone.name,
        "slug": milestone.slug,
        "owner": milestone.owner.id,
        "estimated_start": milestone.estimated_start.isoformat(),
        "estimated_finish": milestone.estimated_finish.isoformat(),
        "created_date": shown(milestone.created_date),
        "modified_date": shown(milestone.modified_date),
        "closed": milestone.closed,
        "disponibility": milestone.disponibility,
        "order": milestone.order,
        "user_stories": [nested_story(story, viewer, today) for story in stories],
        "total_points": _sum(stories),
        "closed_points": _sum([story for story in stories if story.is_closed]),
    }


def _sum(stories: Sequence[Story]) -> float | None:
    values = [value for story in stories if (value := total_points(story)) is not None]
    return float(sum(values)) if values else None


def wiki_page(page: WikiPage, viewer: User | None) -> Json:
    """A wiki page, in lists and alone: the whole text is in it."""
    me = viewer.id if viewer else 0
    return {
        "project": page.project.id,
        "project_extra_info": project_info(page.project),
        "is_watcher": me in page.watchers,
        "total_watchers": len(page.watchers),
        "id": page.id,
        "slug": page.slug,
        "content": page.content,
        "owner": page.owner.id,
        "last_modifier": page.last_modifier.id,
        "created_date": shown(page.created_date),
        "modified_date": shown(page.modified_date),
        "html": html_of(page.content),
        "editions": page.editions,
        "version": page.version,
    }
