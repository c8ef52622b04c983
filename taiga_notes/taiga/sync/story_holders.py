"""Lists whose items hold, count or name stories, after a story changed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.taiga.sync.fetch import DoubtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taiga_notes.model.rows import Row

_SUMMED = ("is_closed", "total_points", "sprint_order")
"""What a sprint adds up of its stories, or has them in order by."""


def demand_no_epic(stories: Iterable[Row | None]) -> None:
    """Make sure that no epic counts these stories.

    Raises:
        DoubtError: one may.
    """
    for story in stories:
        # In no epic is null, in Taiga's lists; a field that is not there says nothing.
        if story is None or story.get("epics", ...) is not None:
            raise DoubtError


def with_stories(sprints: Iterable[Row], stories: Mapping[int, Row | None]) -> dict[int, Row]:
    """The sprints in which these stories stand, with them as they are now.

    Args:
        sprints: all of the project.
        stories: by id, as Taiga lists them.

    Raises:
        DoubtError: a sprint may show more of a story's change than the story itself.
    """
    homes = {number: story["milestone"] for number, story in stories.items() if story}
    if len(homes) < len(stories):
        raise DoubtError
    changed: dict[int, Row] = {}
    for sprint in sprints:
        held = sprint.get("user_stories")
        number = sprint.get("id")
        if not isinstance(held, list) or not isinstance(number, int):
            raise DoubtError
        here = {story.get("id") for story in held if isinstance(story, dict)} & homes.keys()
        # A story that came, went or moved: what the sprint adds up is another as well.
        if here != {one for one, home in homes.items() if home == number}:
            raise DoubtError
        if here:
            fresh = [_renewed(story, stories) for story in held]
            changed[number] = {**sprint, "user_stories": fresh}
    return changed


def named(task: Row, story: Row | None) -> Row:
    """A task of a story that was renamed.

    Raises:
        DoubtError: it does not show its story as it should.
    """
    extra = task.get("user_story_extra_info")
    if story is None or not isinstance(extra, dict):
        raise DoubtError
    fresh = {name: story.get(name, value) for name, value in extra.items()}
    return {**task, "user_story_extra_info": fresh}


def _renewed(held: Row, stories: Mapping[int, Row | None]) -> Row:
    """A story within its sprint, as it is now."""
    number = held.get("id")
    story = stories.get(number) if isinstance(number, int) else None
    if story is None:
        return held
    if not held.keys() <= story.keys() or any(held.get(n) != story.get(n) for n in _SUMMED):
        raise DoubtError
    return {name: story[name] for name in held}
