"""What a watch has to tell: one line each, for whoever prints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.errors import TaigaNotesError


class Topic(StrEnum):
    """What a piece of news is about; the `event` of a JSON line."""

    STARTED = "started"
    """The watch is on."""
    FILES = "files"
    """How changes to files are noticed, where that is not the usual way."""
    CHANGED = "changed"
    """A page was rewritten."""
    UNDONE = "undone"
    """A page stays as `undo` restored it."""
    PROBLEM = "problem"
    """Something is wrong in a page."""
    SOLVED = "solved"
    """Nothing is wrong in that page any more."""
    PASSED_BY = "passed_by"
    """A page that was named is left alone, or one that is the template of pages to be."""
    TAIGA = "taiga"
    """Taiga can't be reached, or can be again."""
    WEBHOOK = "webhook"
    """Deliveries came, or were refused."""
    SETTINGS = "settings"
    """They were read again, or could not be."""
    VAULT = "vault"
    """The vault's folder went, or came back."""
    MISTAKE = "mistake"
    """A refresh crashed."""
    STOPPED = "stopped"
    """The watch is over."""


@dataclass(frozen=True, slots=True)
class Events:
    """One piece of news.

    Attributes:
        topic: what it is about.
        text: one line, in words.
        page: the page concerned, if it is one.
        line: 1-based line in that page.
        bad: whether something is wrong.
        error: what is wrong, in full.
        facts: more, for machines.
    """

    topic: Topic
    text: str
    page: str = ""
    line: int = 0
    bad: bool = False
    error: Exception | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The place in a page: `Page.md:12`; empty for news of no page."""
        return f"{self.page}:{self.line}" if self.line else self.page


def bad(
    topic: Topic, error: TaigaNotesError, *, page: str = "", line: int = 0, after: str = ""
) -> Events:
    """News of an error.

    Args:
        topic: what it is about.
        error: the error.
        page: the page concerned, if it is one.
        line: 1-based line in that page.
        after: what comes of it.
    """
    news = Events(
        topic,
        f"{error}; {after}" if after else str(error),
        page=page,
        line=line,
        bad=True,
        error=error,
    )
    return replace(news, text=f"{news.where}: {news.text}") if page else news


def mistake(error: Exception, *, page: str = "") -> Events:
    """News of an error that no one foresaw."""
    where = f"{page}: " if page else ""
    text = f"{where}a mistake in taiga-notes itself: {type(error).__name__}: {error}"
    return Events(Topic.MISTAKE, text, page=page, bad=True, error=error)
