"""What is wrong in a file, line by line: for people, for GitHub's annotations, for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.cli import output

if TYPE_CHECKING:
    from typing import Literal

    from taiga_notes.errors import TaigaNotesError

    Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a file.

    Attributes:
        path: the file, from where one stands; empty where it is in none.
        line: 1-based line; 0 where it is the file as a whole.
        column: 1-based column in that line, in characters; 0 where it is the line as a whole.
        severity: whether it is wrong, doubtful, or worth knowing.
        kind: the error's class; empty for warnings.
        message: what it is, and what to do about it.
    """

    path: str
    line: int
    column: int
    severity: Severity
    kind: str
    message: str

    @classmethod
    def of(cls, error: TaigaNotesError, path: str, line: int, column: int = 0) -> Finding:
        """An error at a place; without a column it says itself where in a query it is."""
        message = error.sentence if column else f"{error}"
        return cls(path, line, column, "error", type(error).__name__, message)

    @property
    def place(self) -> str:
        """`notes/Page.md:12:5`, as editors and terminals open it."""
        parts = (self.path, self.line, self.column)
        return ":".join(str(part) for part in parts if part) or "taiga-notes"

    def text(self) -> str:
        """The line for people."""
        doubt = "warning: " if self.severity == "warning" else ""
        return f"{self.place}: {doubt}{self.message}"

    def annotation(self) -> str:
        """GitHub's workflow command that shows it in the file."""
        places = {"file": self.path, "line": self.line, "col": self.column, "title": "taiga-notes"}
        told = ",".join(f"{key}={_property(value)}" for key, value in places.items() if value)
        return f"::{self.severity} {told}::{_data(self.message)}"

    def document(self) -> dict[str, object]:
        """The object for machines; what is not known is null."""
        return {
            "path": self.path or None,
            "line": self.line or None,
            "column": self.column or None,
            "severity": self.severity,
            "kind": self.kind or None,
            "message": self.message,
        }


def say(finding: Finding, output_format: str) -> None:
    """One line on standard output, in a format but JSON's, of which there is one object."""
    output.say(finding.annotation() if output_format == "github" else finding.text())


def _data(text: str) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
