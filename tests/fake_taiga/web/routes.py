"""Routes: which function answers which method of which path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.web.messages import Response

if TYPE_CHECKING:
    from collections.abc import Iterable


View = Callable[..., Response]
"""Answers a request: called with the world, the request, and by keyword what the path names."""

_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    """One path.

    Attributes:
        pattern: of the path, whole.
        views: what answers, by method.
    """

    pattern: re.Pattern[str]
    views: dict[str, View]

    @property
    def allow(self) -> str:
        """The `Allow` header: Taiga gives it with every answer of a resource."""
        methods = [method for method in _ORDER if method in self.views]
        extra = ["HEAD", "OPTIONS"] if "GET" in self.views else ["OPTIONS"]
        return ", ".join([*methods, *extra])


@dataclass(slots=True)
class Routes:
    """A table of routes; the first that fits counts."""

    table: list[Route] = field(default_factory=list)

    def add(self, path: str, **views: View) -> None:
        """Add a path: `{name}` stands for a segment, `{name:int}` for a number."""
        pattern = re.sub(r"\{(\w+):int\}", r"(?P<\1>\\d+)", path)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self.table.append(Route(re.compile(pattern), views))

    def find(self, path: str) -> tuple[Route, dict[str, Any]] | None:
        """The route of a path, and what the path names: numbers as such."""
        for route in self.table:
            found = route.pattern.fullmatch(path)
            if found is not None:
                names = found.groupdict()
                return route, {k: int(v) if v.isdecimal() else v for k, v in names.items()}
        return None

    def extend(self, others: Iterable[Callable[[Routes], None]]) -> None:
        """Let the resources add theirs."""
        for other in others:
            other(self)
